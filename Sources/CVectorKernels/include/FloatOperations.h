// The operations of floating-point numbers that are vector loops without calls, with what each does
// to elements x and y. Kernels over tiles and the steps of chains are both made from these lists, so
// they agree bit for bit.
#ifndef FLOAT_OPERATIONS_H
#define FLOAT_OPERATIONS_H

// X(name, expression)
#define JQ_FLOAT_BINARY_OPERATIONS(X) \
  X(add, x + y) \
  X(sub, x - y) \
  X(mul, x *y) \
  X(div, x / y) \
  X(floordiv, __builtin_elementwise_floor(x / y)) \
  X(min, ((x < y) | (x != x)) ? x : y) \
  X(max, ((x > y) | (x != x)) ? x : y) \
  X(tanh_grad, y *(1 - x * x)) \
  X(sigmoid_grad, y *(x * (1 - x))) \
  X(relu_grad, x > 0 ? y : 0) \
  X(elu_grad, x > 0 ? y : y * (x + 1))

#define JQ_FLOAT_UNARY_OPERATIONS(X) \
  X(neg, -x) \
  X(abs, __builtin_elementwise_abs(x)) \
  X(sign, x > 0 ? 1 : (x < 0 ? -1 : x)) \
  X(square, x *x) \
  X(sqrt, __builtin_elementwise_sqrt(x)) \
  X(rsqrt, 1 / __builtin_elementwise_sqrt(x)) \
  X(reciprocal, 1 / x) \
  X(floor, __builtin_elementwise_floor(x)) \
  X(ceil, __builtin_elementwise_ceil(x)) \
  X(trunc, __builtin_elementwise_trunc(x)) \
  X(round, __builtin_elementwise_nearbyint(x)) \
  X(relu, x <= 0 ? 0 : x)

// X(name), of a function of that name
#define JQ_FLOAT_FUNCTIONS(X) \
  X(exp) X(expm1) X(log) X(log1p) X(tanh) X(sigmoid) X(elu) X(softplus)

#endif
