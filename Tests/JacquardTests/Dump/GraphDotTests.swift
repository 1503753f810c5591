import Foundation
import JacquardArrays
import Testing

@testable import Jacquard

@Suite struct GraphDotTests {
  @Test func aSmallGraphIsDrawnLikeThis() {
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil, 3], name: "x")
    graph.scope("half") { _ = tanh(x * 0.5) }
    #expect(
      graph.dot(DotOptions(title: "small", includeLegend: false)) == """
        digraph "graph" {
          graph [label="small", fontname="Arial", fontsize="13", labelloc="t", rankdir="TB", \
        nodesep="0.12", ranksep="0.2", compound="true", newrank="true"];
          node [fontname="Arial", fontsize="11", margin="0.06,0.03", height="0.2", width="0.3"];
          edge [fontname="Arial", fontsize="8", fontcolor="#404040", arrowsize="0.6"];
          "x" [label="x\\nfloat32[?, 3]", shape="box", style="filled,rounded,bold", \
        fillcolor="#cfe4fa", color="#1f6fb2"];
          subgraph "cluster half/" {
            label="half";
            style="filled,rounded";
            fillcolor="#f7f7f7";
            color="#b5b5b5";
            penwidth="1";
            fontsize="11";
            "half/Multiply" [label="Multiply(·, 0.5)", shape="box", style="filled", \
        fillcolor="#ffffff", color="#4d4d4d"];
            "half/Tanh" [label="Tanh", shape="box", style="filled", fillcolor="#ffffff", \
        color="#4d4d4d"];
          }
          "x" -> "half/Multiply" [label="float32[?, 3]", color="#404040"];
          "half/Multiply" -> "half/Tanh" [label="float32[?, 3]", color="#404040", weight="3"];
        }

        """)
  }

  @Test func manyEdgesBetweenTwoNodesAreDrawnAsOne() {
    for (count, drawn) in [(3, 3), (4, 1)] {
      let graph = Graph()
      let x = graph.placeholder(.float32, [count, 2], name: "x")
      _ = stack(x.unstacked(count: count))
      let edges = graph.dot().split(separator: "\n")
        .filter { $0.contains("\"Unstack\" -> \"Stack\"") }
      #expect(edges.count == drawn)
      #expect(edges.allSatisfy { $0.contains("4 × float32[2]") == (drawn == 1) })
    }
  }

  @Test func equalProgramsGiveEqualText() {
    for depth in [nil, 0, 1, 2] {
      let options = DotOptions(maxDepth: depth)
      #expect(RecurrentFixture().graph.dot(options) == RecurrentFixture().graph.dot(options))
    }
  }

  @Test func everyOperationIsANodeABoxOrAWrittenConstant() {
    let fixture = RecurrentFixture()
    let picture = DotReader(fixture.graph.dot())
    for operation in fixture.graph.operations {
      let isDrawn = picture.nodes[operation.name] != nil || picture.boxes.contains(operation.name)
      if !isDrawn, let constant = operation.op as? Constant {
        #expect(
          picture.nodes.values.contains { $0["label"]?.contains("\(constant.value)") == true })
      } else {
        #expect(isDrawn, "\(operation.name) is missing")
      }
    }
  }

  @Test func everyOperandIsAnEdgeWithItsType() {
    let fixture = RecurrentFixture()
    let picture = DotReader(fixture.graph.dot())
    for operation in fixture.graph.operations where picture.nodes[operation.name] != nil {
      let drawn = operation.operands.filter { $0.constantValue == nil || $0.name == "start" }
      let labels = picture.edges.filter { $0.to == operation.name }.map(\.label)
      for operand in drawn {
        #expect(labels.contains("\(operand.type)"), "\(operation.name) of \(operand.name)")
      }
    }
    let silent = ["dotted", "dashed"]
    for edge in picture.edges where !silent.contains(edge.attributes["style"] ?? "") {
      #expect(edge.label.contains("float32[") || edge.label.contains("int64["))
    }
  }

  @Test func scopesAndLoopsNest() {
    let picture = DotReader(RecurrentFixture().graph.dot())
    #expect(picture.nesting["rnn/while/cell/MatMul"] == ["rnn/", "rnn/while", "rnn/while/cell/"])
    #expect(picture.nesting["cell/kernel"] == ["cell/", "cell/kernel/"])
    #expect(picture.nesting["x"] == [])
  }

  @Test func loopOperandsAreToldApart() throws {
    let picture = DotReader(RecurrentFixture().graph.dot())
    let start = try #require(picture.edges(from: "start", to: "rnn/while carried 0").first)
    #expect(start.label == "start\nfloat32[2, 4]")
    #expect(start.attributes["arrowtail"] == "dot")
    let slice = try #require(picture.edges(from: "x", to: "rnn/while slice 0").first)
    #expect(slice.label == "scan axis 1 backwards\nfloat32[?, 5, 3]")
    #expect(slice.attributes["penwidth"] == "2.5")
    let weights = try #require(
      picture.edges(from: "cell/kernel", to: "rnn/while invariant 0").first)
    #expect(weights.attributes["arrowtail"] == "odiamond")
    let back = try #require(
      picture.edges(from: "rnn/while next 0", to: "rnn/while carried 0").first)
    #expect(back.attributes["style"] == "dashed")
    #expect(back.attributes["constraint"] == "false")
    let stack = try #require(
      picture.edges(from: "rnn/while/Multiply", to: "rnn/while stack 0").first)
    #expect(stack.label == "stack axis 1 backwards\nfloat32[2, 4]")
    #expect(picture.edges(from: "rnn/while next 0", to: "loss/Square").count == 1)
  }

  @Test func conditionAndBodyShareWhatTheyTake() {
    let graph = Graph()
    let i = graph.placeholder(.int32, [], name: "i")
    let limit = graph.placeholder(.int32, [], name: "limit")
    let end = graph.whileLoop(i, name: "count", while: { $0 .< limit }, do: { $0 + 1 })
    _ = end + 1
    let picture = DotReader(graph.dot())
    #expect(picture.nesting["count/Less"] == ["count", "count while"])
    #expect(picture.nesting["count/Add"] == ["count", "count do"])
    #expect(picture.edges(from: "count carried 0", to: "count/Less").count == 1)
    #expect(picture.edges(from: "count carried 0", to: "count/Add").count == 1)
    #expect(picture.edges(from: "count/Less", to: "count continue?").count == 1)
    #expect(picture.edges(from: "count next 0", to: "Add").count == 1)
  }

  @Test func branchesMeetInTheResult() {
    let graph = Graph()
    let p = graph.placeholder(.bool, [], name: "p")
    let x = graph.placeholder(.float32, [2], name: "x")
    _ = graph.conditional(p, name: "choice", then: { tanh(x) }, else: { -x })
    let picture = DotReader(graph.dot())
    #expect(picture.nesting["choice/Tanh"] == ["choice", "choice then"])
    #expect(picture.nesting["choice/Negate"] == ["choice", "choice else"])
    #expect(picture.edges(from: "p", to: "choice if").count == 1)
    #expect(picture.edges(from: "x", to: "choice captured 0").count == 1)
    let labels = picture.edges.filter { $0.to == "choice result 0" }.map(\.label)
    #expect(labels == ["then\nfloat32[2]", "else\nfloat32[2]"])
  }

  @Test func kindsOfNodesDiffer() throws {
    let fixture = RecurrentFixture()
    let picture = DotReader(fixture.graph.dot())
    func look(_ name: String) throws -> String {
      let node = try #require(picture.nodes[name], "\(name)")
      return ["shape", "style", "fillcolor"].map { node[$0]! }.joined(separator: " ")
    }
    let gradient = try #require(
      fixture.graph.operations.first {
        $0.name.hasPrefix("gradients/") && !($0.op is While) && picture.nodes[$0.name] != nil
      })
    let draw = try #require(fixture.graph.operations.first { $0.op is any DrawOp })
    let looks = try [
      look("x"), look("cell/kernel"), look("start"), look("loss/Square"), look(gradient.name),
      look("descent/Assign"), look(draw.name), look("rnn/while carried 0"),
    ]
    #expect(Set(looks).count == looks.count)
    #expect(picture.nodes["cell/kernel"]!["shape"] == "cylinder")
    #expect(picture.label("descent/Assign") == "Assign (subtract)\n→ cell/kernel")
  }

  @Test func controlDependenciesAreDotted() throws {
    let picture = DotReader(RecurrentFixture().graph.dot())
    let edge = try #require(picture.edges(from: "descent/Assign", to: "descent/step").first)
    #expect(edge.attributes["style"] == "dotted")
    #expect(edge.label == "")
  }

  @Test func theLegendExplainsWhatOccurs() {
    let graph = Graph()
    _ = graph.placeholder(.float32, [2], name: "x") + 1
    let small = graph.dot()
    #expect(small.contains(">placeholder<") && small.contains(">operation<"))
    #expect(!small.contains(">variable<") && !small.contains("next iteration"))
    let large = RecurrentFixture().graph.dot()
    #expect(large.contains(">variable<") && large.contains("next iteration"))
  }
}
