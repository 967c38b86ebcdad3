import Reports

/// The steps of a run, drawn in columns: each step is right of all the steps it needs. A need that spans several columns
/// gets a lane through the columns between, so that no line passes behind an unrelated step.
struct StepGraph {
    struct Node {
        let name: String
        let label: String
        let state: StateMark
        let href: String
        let isSelected: Bool
        let x: Int
        let y: Int
        let textX: Int
        let nameY: Int
        let stateY: Int
        let stateText: String
    }

    static let nodeWidth = 168
    static let nodeHeight = 46
    static let longestLabel = 19

    let nodes: [Node]
    /// SVG paths.
    let edges: [String]
    let width: Int
    let height: Int
    let boxWidth = StepGraph.nodeWidth
    let boxHeight = StepGraph.nodeHeight

    init(_ steps: [StepReport], run: Int64, selected: String?) {
        let columns = StepColumns(steps)
        nodes = steps.compactMap { step in
            columns.place(of: step.name).map {
                Node(step, run: run, isSelected: step.name == selected, x: $0.x, y: $0.y - Self.nodeHeight / 2)
            }
        }
        edges = columns.lines.map(\.path)
        (width, height) = (columns.width, columns.height)
    }
}

extension StepGraph.Node {
    init(_ step: StepReport, run: Int64, isSelected: Bool, x: Int, y: Int) {
        name = step.name
        label =
            step.name.count > StepGraph.longestLabel ? step.name.prefix(StepGraph.longestLabel - 1) + "…" : step.name
        state = StateMark(step.state)
        href = "/runs/\(run)?step=\(encoded(step.name))#log"
        self.isSelected = isSelected
        (self.x, self.y) = (x, y)
        (textX, nameY, stateY) = (x + 14, y + 19, y + 36)
        stateText = ["\(state.symbol) \(state.word)", step.seconds.map(duration)].compactMap(\.self).joined(
            separator: " · ")
    }
}

extension StepColumns.Line {
    /// A curve that is horizontal at both ends.
    fileprivate var path: String {
        let bend = (to.x - from.x) / 2
        return "M\(from.x) \(from.y)C\(from.x + bend) \(from.y) \(to.x - bend) \(to.y) \(to.x) \(to.y)"
    }
}
