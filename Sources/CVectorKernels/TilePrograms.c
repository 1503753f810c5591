// Straight lists of elementwise kernels over tiles of arrays whose rows are evenly spaced.
#include "KernelSupport.h"

static long least(long a, long b) { return a < b ? a : b; }

static const char *start_of(
    const jq_tile_place *place, void *const *pointers, const int32_t *slots) {
  return (const char *)pointers[slots[place->slot]] + place->offset;
}

// `rows` copies of the row at `source`, twice as many at each step.
static void repeat_row(const void *source, long byte_count, long rows, char *target) {
  const long wanted = rows * byte_count;
  memcpy(target, source, (size_t)byte_count);
  for (long done = byte_count; done < wanted; done += done)
    memcpy(target + done, target, (size_t)least(done, wanted - done));
}

void jq_prepare_tiles(
    const jq_tile_program *program, void *const *pointers, const int32_t *slots, long rows,
    long columns, void *scratch) {
  void **registers = scratch;
  for (long i = 0; i < program->register_count; i++)
    registers[i] =
        program->register_offsets[i] < 0 ? 0 : (char *)scratch + program->register_offsets[i];
  rows = least(rows, program->tile_rows);
  columns = least(columns, program->tile_columns);
  for (long i = 0; i < program->constant_count; i++)
    jq_fill(
        rows * columns, program->constants[i].size, &program->constants[i].bits,
        registers[program->operand_count + i]);
  for (long i = 0; i < program->operand_count; i++) {
    const jq_tile_place *place = &program->places[i];
    if (place->access == JQ_TILE_ONE_ELEMENT)
      jq_fill(rows * columns, place->size, start_of(place, pointers, slots), registers[i]);
    if (place->access == JQ_TILE_ONE_ROW)
      repeat_row(start_of(place, pointers, slots), columns * place->size, rows, registers[i]);
  }
}

void jq_run_tiles(
    const jq_tile_program *program, void *const *pointers, const int32_t *slots, long row,
    long row_end, long column_begin, long column_end, void *scratch) {
  void **registers = scratch;
  const jq_tile_place *results = program->places + program->operand_count;
  for (; row < row_end; row += program->tile_rows) {
    const long rows = least(program->tile_rows, row_end - row);
    for (long column = column_begin; column < column_end; column += program->tile_columns) {
      const long columns = least(program->tile_columns, column_end - column);
      for (long i = 0; i < program->operand_count; i++) {
        const jq_tile_place *place = &program->places[i];
        if (place->access > JQ_TILE_COPIED) continue;
        const char *source =
            start_of(place, pointers, slots) + row * place->row_stride + column * place->size;
        if (place->access == JQ_TILE_IN_PLACE)
          registers[i] = (void *)source;
        else
          jq_copy_rows(
              rows, columns * place->size, source, place->row_stride, registers[i],
              columns * place->size);
      }
      for (long i = 0; i < program->result_count; i++)
        if (results[i].access == JQ_TILE_IN_PLACE)
          registers[program->first_result + i] =
              (char *)start_of(&results[i], pointers, slots) + row * results[i].row_stride +
              column * results[i].size;
      for (long i = 0; i < program->line_count; i++) {
        const jq_tile_line *line = &program->lines[i];
        line->function(
            rows * columns, registers[line->a], registers[line->b], registers[line->c],
            registers[line->out]);
      }
      for (long i = 0; i < program->result_count; i++)
        if (results[i].access == JQ_TILE_COPIED)
          jq_copy_rows(
              rows, columns * results[i].size, registers[program->first_result + i],
              columns * results[i].size,
              (char *)start_of(&results[i], pointers, slots) + row * results[i].row_stride +
                  column * results[i].size,
              results[i].row_stride);
    }
  }
}
