// swift-tools-version: 6.2
import PackageDescription

/// Warnings are errors in our own targets.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// The listings of the articles, each in `Examples/<name>`, sorted by name.
let examples = [
  "deep-lstm",
  "dynamic-rnn-shapes",
  "mnist-bidirectional-rnn",
  "mnist-deep-rnn",
  "mnist-lstm",
  "mnist-rnn",
  "mnist-tensor-flow",
  "multi-cell-step",
  "nn-cnn-rnn",
  "sequential-lstm",
  "ship-a-model",
  "time-major",
  "unrolled-lstm",
  "use-a-model",
  "variable-length",
]

let package = Package(
  name: "Jacquard",
  products: [
    .library(name: "Jacquard", targets: ["Jacquard"]),
    .library(name: "JacquardArrays", targets: ["JacquardArrays"]),
    .library(name: "JacquardNN", targets: ["JacquardNN"]),
    .library(name: "JacquardData", targets: ["JacquardData"]),
    .library(name: "JacquardSummaries", targets: ["JacquardSummaries"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
  ],
  targets: [
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(
      name: "CVectorKernels",
      cSettings: [.define("_GNU_SOURCE")]),
    .target(
      name: "JacquardArrays", dependencies: ["CVectorKernels", "CZlib"], swiftSettings: strict),
    .target(
      name: "Jacquard", dependencies: ["JacquardArrays", "CVectorKernels", "COpenBLAS"],
      swiftSettings: strict),
    .target(name: "JacquardNN", dependencies: ["Jacquard"], swiftSettings: strict),
    .target(
      name: "JacquardData", dependencies: ["JacquardArrays", "CZlib"], swiftSettings: strict),
    .target(
      name: "JacquardSummaries",
      dependencies: [
        "Jacquard", "JacquardNN", "CZlib",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      exclude: ["Protobuf/Messages"], swiftSettings: strict),
    .testTarget(
      name: "JacquardArraysTests",
      dependencies: ["JacquardArrays", "CVectorKernels", "PythonReaders", "TemporaryFolders"],
      swiftSettings: strict),
    .target(name: "CAllocationCounter", path: "Tests/Support/CAllocationCounter"),
    .target(name: "CPseudoTerminal", path: "Tests/Support/CPseudoTerminal"),
    .target(
      name: "PythonReaders", path: "Tests/Support/PythonReaders", swiftSettings: strict),
    .target(
      name: "TemporaryFolders", path: "Tests/Support/TemporaryFolders", swiftSettings: strict),
    .executableTarget(
      name: "checkpoint-writer", dependencies: ["Jacquard"],
      path: "Tests/Support/CheckpointWriter", swiftSettings: strict),
    .testTarget(
      name: "JacquardTests",
      dependencies: ["Jacquard", "CAllocationCounter", "TemporaryFolders", "checkpoint-writer"],
      swiftSettings: strict),
    .testTarget(
      name: "JacquardNNTests", dependencies: ["JacquardNN", "TemporaryFolders"],
      swiftSettings: strict),
    .testTarget(
      name: "JacquardDataTests", dependencies: ["JacquardData", "CZlib"],
      swiftSettings: strict),
    .testTarget(
      name: "JacquardSummariesTests",
      dependencies: [
        "JacquardSummaries", "JacquardData", "PythonReaders", "TemporaryFolders", "CZlib",
      ],
      swiftSettings: strict),
    .target(
      name: "ExampleSupport",
      dependencies: [
        "Jacquard", "JacquardNN", "JacquardData", "JacquardSummaries",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Examples/Support", swiftSettings: strict),
    .executableTarget(
      name: "jacquard-bench",
      dependencies: [
        "Jacquard", "JacquardNN", "COpenBLAS", "CAllocationCounter",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Benchmarks/jacquard-bench", swiftSettings: strict),
    .testTarget(
      name: "DocumentationTests",
      dependencies: [
        "Jacquard", "JacquardArrays", "JacquardNN", "JacquardData", "JacquardSummaries",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ExampleTests",
      dependencies: [
        "ExampleSupport", "JacquardSummaries", "CPseudoTerminal", "TemporaryFolders",
      ]
        + examples.map { .target(name: $0) },
      swiftSettings: strict),
  ]
    + examples.map { name in
      .executableTarget(
        name: name,
        dependencies: [
          "ExampleSupport", "Jacquard", "JacquardNN", "JacquardData", "JacquardSummaries",
          .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ],
        path: "Examples/\(name)", swiftSettings: strict)
    },
  swiftLanguageModes: [.v6]
)
