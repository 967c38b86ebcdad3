import Reports

/// The positions of steps and lanes in the graph of a run.
struct StepColumns {
    /// The left edge and the vertical centre, in pixels.
    struct Place {
        let x: Int
        let y: Int
    }

    struct Line {
        let from: Place
        let to: Place
    }

    private static let columnGap = 34
    private static let rowGap = 12
    private static let laneHeight = 10
    private static let margin = 2

    /// By column, then by step: the step itself in its own column, its lane in the columns that the lane crosses.
    private var places: [[String: Place]] = []
    private let depths: [String: Int]
    private(set) var lines: [Line] = []
    private(set) var height = 0
    var width: Int { 2 * Self.margin + places.count * (StepGraph.nodeWidth + Self.columnGap) - Self.columnGap }

    init(_ steps: [StepReport]) {
        let depths = Self.depths(steps)
        self.depths = depths
        var lastColumns = depths
        for step in steps {
            for need in step.needs where lastColumns[need] != nil {
                lastColumns[need] = max(lastColumns[need] ?? 0, (depths[step.name] ?? 0) - 1)
            }
        }
        for column in 0...(depths.values.max() ?? 0) {
            let present = steps.filter { (depths[$0.name] ?? 0) <= column && column <= (lastColumns[$0.name] ?? 0) }
            places.append(place(present, in: column))
        }
        lines = steps.flatMap { laneLines(of: $0.name, to: lastColumns[$0.name] ?? 0) + needLines(of: $0) }
    }

    func place(of step: String) -> Place? {
        depths[step].flatMap { places.indices.contains($0) ? places[$0][step] : nil }
    }

    /// Stack the steps and lanes of a column, each as close as possible to the steps it comes from.
    private mutating func place(_ present: [StepReport], in column: Int) -> [String: Place] {
        let before = places.last ?? [:]
        func preferredY(_ step: StepReport) -> Double {
            let sources = ([step.name] + step.needs).compactMap { before[$0]?.y }
            return sources.isEmpty ? .infinity : Double(sources.reduce(0, +)) / Double(sources.count)
        }
        let ordered = present.enumerated().map {
            (order: $0.offset, preferredY: preferredY($0.element), step: $0.element)
        }
        .sorted { ($0.preferredY, $0.order) < ($1.preferredY, $1.order) }
        var placed: [String: Place] = [:]
        var top = Self.margin
        for entry in ordered {
            let height = depths[entry.step.name] == column ? StepGraph.nodeHeight : Self.laneHeight
            placed[entry.step.name] = Place(
                x: Self.margin + column * (StepGraph.nodeWidth + Self.columnGap), y: top + height / 2)
            top += height + Self.rowGap
        }
        height = max(height, top - Self.rowGap + Self.margin)
        return placed
    }

    /// The lane of a step from its own column to `last`.
    private func laneLines(of step: String, to last: Int) -> [Line] {
        guard let first = depths[step], first < last else { return [] }
        return (first..<last).flatMap { column -> [Line] in
            guard let from = places[column][step], let to = places[column + 1][step] else { return [] }
            return [Line(from: right(from), to: to), Line(from: to, to: right(to))]
        }
    }

    /// The last segment of the lines from the steps that `step` needs.
    private func needLines(of step: StepReport) -> [Line] {
        guard let to = place(of: step.name), let column = depths[step.name], column > 0 else { return [] }
        return step.needs.compactMap { need in places[column - 1][need].map { Line(from: right($0), to: to) } }
    }

    private func right(_ place: Place) -> Place { Place(x: place.x + StepGraph.nodeWidth, y: place.y) }

    /// The length of the longest path to each step. Terminates for unknown and circular needs as well.
    static func depths(_ steps: [StepReport]) -> [String: Int] {
        var depths = Dictionary(steps.map { ($0.name, 0) }) { first, _ in first }
        for _ in steps {
            let before = depths
            for step in steps {
                let deepest = step.needs.compactMap { depths[$0] }.max().map { $0 + 1 } ?? 0
                depths[step.name] = min(deepest, steps.count - 1)
            }
            if depths == before { break }
        }
        return depths
    }
}
