import Testing

@testable import Promotion

@Suite("Reading evidence")
struct ParseEvidenceTests {
    private func parse(_ text: String) throws(EvidenceProblem) -> Evidence { try Evidence.parse(csv: Array(text.utf8)) }

    @Test("takes columns in any order, sorts rows by id, keeps other columns as slices")
    func columns() throws {
        let evidence = try parse(
            """
            payer,champion,challenger,weight,group,label,id
            public,0.2,0.7,2,h1,1,b
            private,0.4,1e-1,1.5,h2,0,a
            """)
        let expected = try Evidence(
            ids: ["a", "b"], labels: [0, 1], challenger: [0.1, 0.7], champion: [0.4, 0.2], weights: [1.5, 2],
            groups: ["h2", "h1"], slices: ["payer": ["private", "public"]])
        #expect(evidence == expected)
    }

    @Test("knows quotes, commas and line ends inside cells, CRLF, a byte order mark and a missing last line end")
    func quoting() throws {
        let evidence = try parse(
            "\u{FEFF}id,label,challenger,note\r\n\"a,1\",0,0.5,\"say \"\"hi\"\"\r\nthere\"\r\nb,1,\"0.25\",")
        #expect(evidence.ids == ["a,1", "b"])
        #expect(evidence.challenger == [0.5, 0.25])
        #expect(evidence.champion == nil)
        #expect(evidence.slices == ["note": ["say \"hi\"\r\nthere", ""]])
    }

    @Test("refuses what it cannot use, and says where", arguments: unusable)
    func problems(_ example: UnusableTable) {
        let problem = #expect(throws: EvidenceProblem.self) { try parse(example.text) }
        #expect(problem == example.problem)
        #expect(problem?.description == example.message)
    }

    @Test("refuses bytes that are not UTF-8")
    func encoding() {
        let problem = #expect(throws: EvidenceProblem.self) {
            try Evidence.parse(csv: Array("id,label,challenger\na,1,0.5,".utf8) + [0xFF])
        }
        #expect(problem == .notUTF8)
        #expect(problem?.description == "the evidence is not UTF-8 text; write it as UTF-8 CSV")
    }

    @Test("refuses columns of unequal length")
    func unequal() {
        let problem = #expect(throws: EvidenceProblem.self) {
            try Evidence(ids: ["a", "b"], labels: [0, 1], challenger: [0.5, 0.5], champion: [0.5])
        }
        #expect(problem == .unequalColumns(column: "champion", count: 1, expected: 2))
        #expect(problem?.description == "the column 'champion' has 1 values where there are 2 ids")
    }
}

struct UnusableTable: Sendable, CustomStringConvertible {
    let text: String
    let problem: EvidenceProblem
    let message: String
    var description: String { message }

    init(_ text: String, _ problem: EvidenceProblem, _ message: String) {
        (self.text, self.problem, self.message) = (text, problem, message)
    }

    /// Rows under the header id,label,challenger,champion.
    init(rows: String, _ problem: EvidenceProblem, _ message: String) {
        self.init("id,label,challenger,champion\n" + rows, problem, message)
    }
}

private let noRowIsLost = "a model that cannot score a row is not promoted"
private let unusable = [
    UnusableTable("", .empty, "the evidence is empty; write a header and one row for each holdout row"),
    UnusableTable("\n", .empty, "the evidence is empty; write a header and one row for each holdout row"),
    UnusableTable(
        "id,label,challenger\n", .noRows, "the evidence has no rows; write one row for each holdout row"),
    UnusableTable(
        "id,label\na,1", .missingColumn("challenger"),
        "the column 'challenger' is missing; the header needs id, label and challenger"),
    UnusableTable(
        "id,label,challenger,id\n", .duplicateColumn("id"), "the column 'id' appears twice in the header"),
    UnusableTable("id,label,,challenger\n", .unnamedColumn(position: 3), "column 3 of the header has no name"),
    UnusableTable(
        "id,label,challenger, Champion\n", .misspelledColumn(" Champion", expected: "champion"),
        "the column ' Champion' must be written 'champion'"),
    UnusableTable(
        rows: "a,1,0.5,0.5\nb,1,0.5\n", .wrongCellCount(row: 2, count: 3, expected: 4),
        "row 2 has 3 cells where the header has 4"),
    UnusableTable(
        rows: "a,1,0.5,0.5\n\n", .wrongCellCount(row: 2, count: 1, expected: 4),
        "row 2 has 1 cells where the header has 4"),
    UnusableTable(
        rows: "a,1,0.5,", .missingValue(row: 1, column: "champion"), "row 1 has no 'champion'; every row needs one"),
    UnusableTable(rows: ",1,0.5,0.5", .missingValue(row: 1, column: "id"), "row 1 has no 'id'; every row needs one"),
    UnusableTable(
        rows: "a,yes,0.5,0.5", .notANumber(row: 1, column: "label", text: "yes"),
        "row 1, column 'label': 'yes' is not a number"),
    UnusableTable(
        rows: "a,1,0x1p3,0.5", .notANumber(row: 1, column: "challenger", text: "0x1p3"),
        "row 1, column 'challenger': '0x1p3' is not a number"),
    UnusableTable(
        rows: "a,1, 0.5,0.5", .notANumber(row: 1, column: "challenger", text: " 0.5"),
        "row 1, column 'challenger': ' 0.5' is not a number"),
    UnusableTable(
        rows: "a,1,0.5,0.5\nb,0,NaN,0.5", .notFinite(row: 2, column: "challenger", text: "NaN"),
        "row 2, column 'challenger': 'NaN' is not finite; \(noRowIsLost)"),
    UnusableTable(
        rows: "a,1,0.5,-inf", .notFinite(row: 1, column: "champion", text: "-inf"),
        "row 1, column 'champion': '-inf' is not finite; \(noRowIsLost)"),
    UnusableTable(
        rows: "b,1,0.5,0.5\na,0,0.5,0.5\nb,0,0.5,0.5", .duplicateID("b", rows: [1, 3]),
        "the id 'b' appears in rows 1 and 3; every id may appear once"),
    UnusableTable(
        "id,label,challenger,weight\na,1,0.5,-1", .negativeWeight(row: 1),
        "row 1, column 'weight': a weight cannot be negative"),
    UnusableTable(
        rows: "a,1,0.5,0.5\nb\"c,1,0.5,0.5", .strayQuote(line: 3),
        "line 3: a quote inside a cell; put the whole cell in quotes and double the ones inside"),
    UnusableTable(
        rows: "\"a\"b,1,0.5,0.5", .strayQuote(line: 2),
        "line 2: a quote inside a cell; put the whole cell in quotes and double the ones inside"),
    UnusableTable(
        rows: "a,1,0.5,0.5\n\"b,1,0.5,0.5\n", .unclosedQuote(line: 3),
        "line 3: a quoted cell starts here and never ends"),
    UnusableTable(
        rows: "a,1,0.5,0.5\rb,1,0.5,0.5", .strayCarriageReturn(line: 2),
        "line 2: a carriage return without a line feed; end lines with LF or CRLF"),
]
