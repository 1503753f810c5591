// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Jacquard",
  products: [
    .library(name: "Jacquard", targets: ["Jacquard"]),
    .library(name: "JacquardArrays", targets: ["JacquardArrays"]),
    .library(name: "JacquardNN", targets: ["JacquardNN"]),
    .library(name: "JacquardData", targets: ["JacquardData"]),
    .executable(name: "mnist-lstm", targets: ["mnist-lstm"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: [
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(
      name: "CVectorKernels",
      cSettings: [.define("_GNU_SOURCE")]),
    .target(name: "JacquardArrays", dependencies: ["CVectorKernels", "CZlib"]),
    .target(name: "Jacquard", dependencies: ["JacquardArrays", "CVectorKernels", "COpenBLAS"]),
    .target(name: "JacquardNN", dependencies: ["Jacquard"]),
    .target(name: "JacquardData", dependencies: ["JacquardArrays", "CZlib"]),
    .executableTarget(
      name: "mnist-lstm",
      dependencies: [
        "Jacquard", "JacquardNN", "JacquardData",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Examples/mnist-lstm"),
    .testTarget(name: "JacquardArraysTests", dependencies: ["JacquardArrays", "CVectorKernels"]),
    .testTarget(name: "JacquardTests", dependencies: ["Jacquard"]),
    .testTarget(
      name: "JacquardNNTests", dependencies: ["JacquardNN"],
      exclude: [], resources: []),
    .testTarget(name: "JacquardDataTests", dependencies: ["JacquardData", "CZlib"]),
  ],
  swiftLanguageModes: [.v6]
)
