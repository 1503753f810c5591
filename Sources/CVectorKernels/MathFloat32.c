// Transcendental functions of float.
#include "Float32Math.h"
#include "LargeArguments.h"

JQ_MATH_MAP1(exp_f32, float, f32_exp(x))
JQ_MATH_MAP1(expm1_f32, float, f32_expm1(x))
JQ_MATH_MAP1(log_f32, float, f32_log(x))
JQ_MATH_MAP1(log1p_f32, float, f32_log1p(x))
JQ_MATH_MAP1(tanh_f32, float, f32_tanh(x))
JQ_MATH_MAP1(sigmoid_f32, float, f32_sigmoid(x))
JQ_MATH_MAP1(elu_f32, float, f32_elu(x))
JQ_MATH_MAP1(softplus_f32, float, f32_softplus(x))
JQ_MATH_MAP1(erf_f32, float, f32_erf(x))
JQ_MATH_MAP2(pow_f32, float, f32_pow(x, y))

JQ_TRIGONOMETRIC_KERNEL(sin_f32, float, 0, sinf)
JQ_TRIGONOMETRIC_KERNEL(cos_f32, float, 1, cosf)
