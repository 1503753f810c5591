import Jacquard
import JacquardNN

// The four networks of the article. Each reads inputX, [batch, nSteps, nInput], step by step in both directions, and
// returns its hiddens[-1]: the joined outputs of both directions at the last step, [batch, 2 · nHidden].

/// 1: a layer of LSTM in each direction, unrolled into nSteps copies.
func singleLayerStaticBiLSTM(_ inputX: Tensor, _ nSteps: Int, _ nHidden: Int) -> Tensor {
  // [batch, 28, 28] to 28 times [batch, 28]
  let inputX1 = inputX.unstacked(count: nSteps, axis: 1)
  let lstmFwCell = BasicLSTMCell(units: nHidden, forgetBias: 1)
  let lstmBwCell = BasicLSTMCell(units: nHidden, forgetBias: 1)
  let (hiddens, _) = staticBidirectionalRNN(lstmFwCell, lstmBwCell, inputX1)
  print("hiddens:\n", type(of: hiddens), hiddens.count, hiddens[0].shape, hiddens[1].shape)
  return hiddens[nSteps - 1]
}

/// 2: a layer of LSTM in each direction, in two loops.
func singleLayerDynamicBiLSTM(_ inputX: Tensor, _ nSteps: Int, _ nHidden: Int) -> Tensor {
  let lstmFwCell = BasicLSTMCell(units: nHidden, forgetBias: 1)
  let lstmBwCell = BasicLSTMCell(units: nHidden, forgetBias: 1)
  let (both, _) = bidirectionalDynamicRNN(lstmFwCell, lstmBwCell, inputX)
  print("hiddens:\n", type(of: both), both.tensors.count, both.forward.shape, both.backward.shape)
  // Twice [batch, 28, 128] to [batch, 28, 256]
  var hiddens = concatenate([both.forward, both.backward], axis: 2)
  // [batch, 28, 256] to [28, batch, 256]
  hiddens = hiddens.transposed([1, 0, 2])
  return hiddens[-1]
}

/// 3: three layers of LSTM in each direction, unrolled; each layer reads what both directions of the one before put out.
func multiLayerStaticBiLSTM(_ inputX: Tensor, _ nSteps: Int, _ nHidden: Int) -> Tensor {
  let inputX1 = inputX.unstacked(count: nSteps, axis: 1)
  let stackedFwRNN = (0..<3).map { _ in BasicLSTMCell(units: nHidden, forgetBias: 1) }
  let stackedBwRNN = (0..<3).map { _ in BasicLSTMCell(units: nHidden, forgetBias: 1) }
  let (hiddens, _) = stackBidirectionalRNN(stackedFwRNN, stackedBwRNN, inputX1)
  print("hiddens:\n", type(of: hiddens), hiddens.count, hiddens[0].shape, hiddens[1].shape)
  return hiddens[nSteps - 1]
}

/// 4: three layers of LSTM in each direction, in six loops.
func multiLayerDynamicBiLSTM(_ inputX: Tensor, _ nSteps: Int, _ nHidden: Int) -> Tensor {
  let stackedFwRNN = (0..<3).map { _ in BasicLSTMCell(units: nHidden, forgetBias: 1) }
  let stackedBwRNN = (0..<3).map { _ in BasicLSTMCell(units: nHidden, forgetBias: 1) }
  var (hiddens, _) = stackBidirectionalDynamicRNN(stackedFwRNN, stackedBwRNN, inputX)
  print("hiddens:\n", type(of: hiddens), hiddens.shape)
  hiddens = hiddens.transposed([1, 0, 2])
  return hiddens[-1]
}
