import ArgumentParser

/// Times workloads of the engine; `Benchmarks/compare.sh` runs it in turn with its peers.
@main
struct JacquardBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jacquard-bench",
    abstract: "Times a workload and prints one line of JSON.",
    discussion: """
      Build with -c release. Times are in milliseconds; of a repeated run, the median, the minimum and the 95th \
      percentile. Where OPENBLAS_CORETYPE is set, matrix products run as on that processor: to measure this one, \
      start with env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE.
      """,
    subcommands: [
      LSTMCommand.self, UnrolledCommand.self, MLPCommand.self, SessionCommand.self,
      WhileCommand.self, CompileCommand.self,
    ])
}
