// Transcendental functions of float.
#include "Float32Math.h"
#include "LargeArguments.h"

#define JQ_FUNCTION(NAME) JQ_MATH_MAP1(NAME##_f32, float, f32_##NAME(x))
JQ_FLOAT_FUNCTIONS(JQ_FUNCTION)

JQ_MATH_MAP1(erf_f32, float, f32_erf(x))
JQ_MATH_MAP2(pow_f32, float, f32_pow(x, y))

JQ_TRIGONOMETRIC_KERNEL(sin_f32, float, 0, sinf)
JQ_TRIGONOMETRIC_KERNEL(cos_f32, float, 1, cosf)
