import Jacquard
import JacquardNN

// The six networks of the article. Each reads inputX, [batch, nSteps, nInput], step by step, and returns its
// hiddens[-1]: the output of the topmost layer after the last step, [batch, units].

/// 1: three layers of LSTM, unrolled into nSteps copies.
func multiLayerStaticLSTM(_ inputX: Tensor, _ nSteps: Int, _ nHidden: Int) -> Tensor {
  // [batch, 28, 28] to 28 times [batch, 28]
  let inputX1 = inputX.unstacked(count: nSteps, axis: 1)
  // An array of cells is a cell: each takes what the one before it puts out.
  let mcell = (0..<3).map { _ in LSTMCell(units: nHidden) }
  let (hiddens, _) = staticRNN(mcell, inputX1)
  return hiddens[nSteps - 1]
}

/// 2: three layers of GRU, unrolled into nSteps copies.
func multiLayerStaticGRU(_ inputX: Tensor, _ nSteps: Int, _ nHidden: Int) -> Tensor {
  let inputX1 = inputX.unstacked(count: nSteps, axis: 1)
  let mcell = (0..<3).map { _ in GRUCell(units: nHidden) }
  let (hiddens, _) = staticRNN(mcell, inputX1)
  return hiddens[nSteps - 1]
}

/// 3: a layer of LSTM and one of GRU, unrolled into nSteps copies.
func multiLayerStaticMix(_ inputX: Tensor, _ nSteps: Int, _ nHidden: Int) -> Tensor {
  let inputX1 = inputX.unstacked(count: nSteps, axis: 1)
  let gruCell = GRUCell(units: nHidden * 2)
  let lstmCell = LSTMCell(units: nHidden)
  let mcell = MultiRNNCell(lstmCell, gruCell)
  let (hiddens, _) = staticRNN(mcell, inputX1)
  return hiddens[nSteps - 1]
}

/// 4: three layers of LSTM in a loop.
func multiLayerDynamicLSTM(_ inputX: Tensor, _ nSteps: Int, _ nHidden: Int) -> Tensor {
  let mcell = (0..<3).map { _ in LSTMCell(units: nHidden) }
  var (hiddens, _) = dynamicRNN(mcell, inputX)
  // [batch, 28, 128] to [28, batch, 128]
  hiddens = hiddens.transposed([1, 0, 2])
  return hiddens[-1]
}

/// 5: three layers of GRU in a loop.
func multiLayerDynamicGRU(_ inputX: Tensor, _ nSteps: Int, _ nHidden: Int) -> Tensor {
  let mcell = (0..<3).map { _ in GRUCell(units: nHidden) }
  var (hiddens, _) = dynamicRNN(mcell, inputX)
  hiddens = hiddens.transposed([1, 0, 2])
  return hiddens[-1]
}

/// 6: a layer of LSTM and one of GRU in a loop.
func multiLayerDynamicMix(_ inputX: Tensor, _ nSteps: Int, _ nHidden: Int) -> Tensor {
  let gruCell = GRUCell(units: nHidden * 2)
  let lstmCell = LSTMCell(units: nHidden)
  let mcell = MultiRNNCell(lstmCell, gruCell)
  var (hiddens, _) = dynamicRNN(mcell, inputX)
  hiddens = hiddens.transposed([1, 0, 2])
  return hiddens[-1]
}
