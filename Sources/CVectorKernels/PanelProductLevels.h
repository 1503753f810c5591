// The product with panels for one element type, at each CPU level. Include with T and SUFFIX.
#if defined(__x86_64__)
#define LEVEL v4
#define TARGET JQ_TARGET_V4
#define VECTOR_BYTES 64
#define TALLEST 12
#include "PanelProduct.h"

#define LEVEL v3
#define TARGET JQ_TARGET_V3
#define VECTOR_BYTES 32
#define TALLEST 6
#include "PanelProduct.h"
#endif

#define LEVEL v1
#define TARGET
#define VECTOR_BYTES 16
#define TALLEST 4
#include "PanelProduct.h"
