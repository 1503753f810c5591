// Lines of elementwise work over tiles of arrays.
#include "KernelSupport.h"

static long least(long a, long b) { return a < b ? a : b; }

// How many elements into an array row `row` begins.
static long row_offset(const jq_tile_program *program, const jq_tile_place *place, long row) {
  if (program->outer_rank == 1) return row * place->outer_strides[0];
  long offset = 0;
  for (long axis = program->outer_rank - 1; axis >= 0; axis--) {
    const long length = program->outer_shape[axis];
    offset += row % length * place->outer_strides[axis];
    row /= length;
  }
  return offset;
}

// The address of an element of an array.
static char *address_of(
    const jq_tile_program *program, const jq_tile_place *place, void *const *pointers,
    const int32_t *slots, long row, long column) {
  const long element = place->offset + row_offset(program, place, row) + column * place->stride;
  return (char *)pointers[slots[place->slot]] + element * place->size;
}

// `rows` copies of the row at `source`, twice as many at each step.
static void repeat_row(const void *source, long byte_count, long rows, char *target) {
  const long wanted = rows * byte_count;
  memcpy(target, source, (size_t)byte_count);
  for (long done = byte_count; done < wanted; done += done)
    memcpy(target + done, target, (size_t)least(done, wanted - done));
}

// Copies a tile of an operand to its register, or of a result from it; rows that are not evenly
// spaced one by one.
static void copy_tile(
    const jq_tile_program *program, const jq_tile_place *place, void *const *pointers,
    const int32_t *slots, long row, long rows, long column, long columns, char *tile,
    int is_result) {
  const int is_even = program->outer_rank == 1;
  const long at_once = is_even ? rows : 1, size = place->size;
  const long array_strides[] = {is_even ? place->outer_strides[0] : 0, place->stride};
  const long tile_strides[] = {columns, 1}, shape[] = {at_once, columns};
  const long *from_strides = is_result ? tile_strides : array_strides;
  const long *to_strides = is_result ? array_strides : tile_strides;
  for (long i = 0; i < rows; i += at_once) {
    char *array = address_of(program, place, pointers, slots, row + i, column);
    char *register_rows = tile + i * columns * size;
    char *from = is_result ? register_rows : array, *to = is_result ? array : register_rows;
    if (place->stride == 1)
      jq_copy_rows(at_once, columns * size, from, from_strides[0] * size, to, to_strides[0] * size);
    else
      jq_copy_strided(2, shape, size, from, from_strides, to, to_strides);
  }
}

// Finds the registers, and fills those that are the same for all tiles of `rows` rows of `columns`
// columns.
static void prepare(
    const jq_tile_program *program, void *const *pointers, const int32_t *slots, long rows,
    long columns, char *scratch, void **registers) {
  for (long i = 0; i < program->register_count; i++)
    registers[i] = program->registers[i].offset < 0 ? 0 : scratch + program->registers[i].offset;
  for (long i = 0; i < program->constant_count; i++) {
    const long place = program->operand_count + i;
    jq_fill(
        least(rows * columns, program->registers[place].capacity), program->constants[i].size,
        &program->constants[i].bits, registers[place]);
  }
  for (long i = 0; i < program->operand_count; i++) {
    const jq_tile_place *place = &program->places[i];
    if (place->access == JQ_TILE_ONE_ELEMENT)
      jq_fill(
          least(rows * columns, program->registers[i].capacity), place->size,
          address_of(program, place, pointers, slots, 0, 0), registers[i]);
    if (place->access == JQ_TILE_ONE_ROW)
      repeat_row(
          address_of(program, place, pointers, slots, 0, 0), columns * place->size, rows,
          registers[i]);
  }
}

static void run_lines(const jq_tile_program *program, long count, void **registers) {
  for (long i = 0; i < program->line_count; i++) {
    const jq_tile_line *line = &program->lines[i];
    if (line->chain)
      line->chain(count, line->steps, line->step_count, registers);
    else
      line->function(
          count, registers[line->a], registers[line->b], registers[line->c], registers[line->out]);
  }
}

void jq_run_tiles(
    const jq_tile_program *program, void *const *pointers, const int32_t *slots, long row,
    long row_end, long column_begin, long column_end, void *scratch) {
  void *registers[program->register_count];
  const jq_tile_place *results = program->places + program->operand_count;
  prepare(
      program, pointers, slots, least(row_end - row, program->tile_rows),
      least(column_end - column_begin, program->tile_columns), scratch, registers);
  for (; row < row_end; row += program->tile_rows) {
    const long rows = least(program->tile_rows, row_end - row);
    for (long column = column_begin; column < column_end; column += program->tile_columns) {
      const long columns = least(program->tile_columns, column_end - column);
      for (long i = 0; i < program->operand_count; i++) {
        const jq_tile_place *place = &program->places[i];
        if (place->access == JQ_TILE_IN_PLACE)
          registers[i] = address_of(program, place, pointers, slots, row, column);
        if (place->access == JQ_TILE_COPIED)
          copy_tile(
              program, place, pointers, slots, row, rows, column, columns, registers[i], 0);
      }
      for (long i = 0; i < program->result_count; i++)
        if (results[i].access == JQ_TILE_IN_PLACE)
          registers[program->first_result + i] =
              address_of(program, &results[i], pointers, slots, row, column);
      run_lines(program, rows * columns, registers);
      for (long i = 0; i < program->result_count; i++)
        if (results[i].access == JQ_TILE_COPIED)
          copy_tile(
              program, &results[i], pointers, slots, row, rows, column, columns,
              registers[program->first_result + i], 1);
    }
  }
}
