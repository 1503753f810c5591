// Transcendental functions of double.
#include "Float64Math.h"
#include "LargeArguments.h"

#define JQ_FUNCTION(NAME) JQ_MATH_MAP1(NAME##_f64, double, f64_##NAME(x))
JQ_FLOAT_FUNCTIONS(JQ_FUNCTION)


JQ_TRIGONOMETRIC_KERNEL(sin_f64, double, 0, sin)
JQ_TRIGONOMETRIC_KERNEL(cos_f64, double, 1, cos)

JQ_SCALAR_MAP1(erf_f64, double, erf(x))
JQ_SCALAR_MAP2(pow_f64, double, pow(x, y))
