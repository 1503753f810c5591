import Jacquard
import JacquardNN

// The four networks of the article. Each reads inputX, [batch, nSteps, nInput], step by step, and returns its
// hiddens[-1]: the output after the last step, [batch, nHidden].

/// 1: a single layer of LSTM, unrolled into nSteps copies.
func singleLayerStaticLSTM(_ inputX: Tensor, _ nSteps: Int, _ nHidden: Int) -> Tensor {
  // [batch, 28, 28] to 28 times [batch, 28]
  let inputX1 = inputX.unstacked(count: nSteps, axis: 1)
  let lstmCell = BasicLSTMCell(units: nHidden, forgetBias: 1)
  let (hiddens, _) = staticRNN(lstmCell, inputX1)
  return hiddens[nSteps - 1]
}

/// 2: a single layer of GRU, unrolled into nSteps copies.
func singleLayerStaticGRU(_ inputX: Tensor, _ nSteps: Int, _ nHidden: Int) -> Tensor {
  let inputX1 = inputX.unstacked(count: nSteps, axis: 1)
  let gruCell = GRUCell(units: nHidden)
  let (hiddens, _) = staticRNN(gruCell, inputX1)
  return hiddens[nSteps - 1]
}

/// 3: a single layer of LSTM in a loop.
func singleLayerDynamicLSTM(_ inputX: Tensor, _ nSteps: Int, _ nHidden: Int) -> Tensor {
  let lstmCell = BasicLSTMCell(units: nHidden, forgetBias: 1)
  var (hiddens, _) = dynamicRNN(lstmCell, inputX)
  // [batch, 28, 128] to [28, batch, 128]
  hiddens = hiddens.transposed([1, 0, 2])
  return hiddens[-1]
}

/// 4: a single layer of GRU in a loop.
func singleLayerDynamicGRU(_ inputX: Tensor, _ nSteps: Int, _ nHidden: Int) -> Tensor {
  let gruCell = GRUCell(units: nHidden)
  var (hiddens, _) = dynamicRNN(gruCell, inputX)
  hiddens = hiddens.transposed([1, 0, 2])
  return hiddens[-1]
}
