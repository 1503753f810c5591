// A terminal that nobody sees, for programs that behave differently on one.
#ifndef JACQUARD_C_PSEUDO_TERMINAL_H
#define JACQUARD_C_PSEUDO_TERMINAL_H

/// Opens a pseudo-terminal: what is written to `slave` can be read from `master`. Returns 0, or -1 and sets errno.
int jq_open_pseudo_terminal(int *master, int *slave);

#endif
