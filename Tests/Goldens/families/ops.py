"""Every op table, in order: values and gradients."""

from families import op_arrays, op_elementwise, op_losses, op_reductions


def cases():
    for table in (op_elementwise, op_reductions, op_losses, op_arrays):
        for row in table.rows():
            yield from row.cases()
