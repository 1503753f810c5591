// Transcendental functions of double.
#include "Float64Math.h"
#include "LargeArguments.h"

JQ_MATH_MAP1(exp_f64, double, f64_exp(x))
JQ_MATH_MAP1(expm1_f64, double, f64_expm1(x))
JQ_MATH_MAP1(log_f64, double, f64_log(x))
JQ_MATH_MAP1(log1p_f64, double, f64_log1p(x))
JQ_MATH_MAP1(tanh_f64, double, f64_tanh(x))
JQ_MATH_MAP1(sigmoid_f64, double, f64_sigmoid(x))
JQ_MATH_MAP1(elu_f64, double, f64_elu(x))
JQ_MATH_MAP1(softplus_f64, double, f64_softplus(x))

JQ_TRIGONOMETRIC_KERNEL(sin_f64, double, 0, sin)
JQ_TRIGONOMETRIC_KERNEL(cos_f64, double, 1, cos)

JQ_SCALAR_MAP1(erf_f64, double, erf(x))
JQ_SCALAR_MAP2(pow_f64, double, pow(x, y))
