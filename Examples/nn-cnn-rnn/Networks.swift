import Jacquard
import JacquardNN

// The three networks of the article. Each takes images as rows of 784 pixels, [batch, 784], brings them into the shape it
// works on, and returns logits, [batch, 10]. All print their shapes at every stage.

/// NN: every unit sees all 784 pixels.
func plainNetwork(_ x: Tensor) -> Tensor {
  let graph = x.graph
  print("NN input:", x.shape)
  // W[784, 625]: the second number is that of the hidden units.
  let hiddenWeights = graph.getVariable("hidden_weights", [784, 625])
  let hiddenBiases = graph.getVariable("hidden_biases", [625], initializer: .zeros)
  let hidden = relu(matmul(x, hiddenWeights) + hiddenBiases)
  print("NN hidden:", hidden.shape)
  return output(hidden, name: "NN")
}

/// CNN: a unit sees a window of the image, and all windows share their weights.
func convolutionalNetwork(_ x: Tensor) -> Tensor {
  let graph = x.graph
  // [batch, row, column, channel]
  let image = x.reshaped(to: [-1, 28, 28, 1])
  print("CNN input:", image.shape)

  let firstKernel = graph.getVariable("first_kernel", [3, 3, 1, 16])
  let first = relu(convolution2D(image, firstKernel, strides: (1, 1), padding: .same))
  print("CNN first convolution:", first.shape)
  let firstPool = maxPooling2D(first, size: (2, 2), strides: (2, 2), padding: .same)
  print("CNN first pooling:", firstPool.shape)

  let secondKernel = graph.getVariable("second_kernel", [3, 3, 16, 32])
  let second = relu(convolution2D(firstPool, secondKernel, strides: (1, 1), padding: .same))
  print("CNN second convolution:", second.shape)
  let secondPool = maxPooling2D(second, size: (2, 2), strides: (2, 2), padding: .same)
  print("CNN second pooling:", secondPool.shape)

  let flat = secondPool.flattened()
  print("CNN flattened:", flat.shape)
  let hiddenWeights = graph.getVariable("hidden_weights", [7 * 7 * 32, 625])
  let hiddenBiases = graph.getVariable("hidden_biases", [625], initializer: .zeros)
  let hidden = relu(matmul(flat, hiddenWeights) + hiddenBiases)
  print("CNN hidden:", hidden.shape)
  return output(hidden, name: "CNN")
}

/// RNN: a row of pixels is the input of a time step, and the state after the last row has seen all of the image.
func recurrentNetwork(_ x: Tensor) -> Tensor {
  // [batch, timestep_size, input_size]
  let rows = x.reshaped(to: [-1, 28, 28])
  print("RNN input:", rows.shape)
  let (outputs, state) = dynamicRNN(BasicLSTMCell(units: 128), rows)
  print("RNN outputs:", outputs.shape)
  print("RNN last state: c", state.c.shape, "h", state.h.shape)
  return output(state.h, name: "RNN")
}

/// The layer that all three end with: a logit for each of the ten digits.
private func output(_ hidden: Tensor, name: String) -> Tensor {
  let graph = hidden.graph
  let weights = graph.getVariable("output_weights", [hidden.shape[1] ?? 0, 10])
  let biases = graph.getVariable("output_biases", [10], initializer: .zeros)
  let logits = matmul(hidden, weights) + biases
  print("\(name) output:", logits.shape)
  return logits
}
