import Foundation

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// The failed tests of a JUnit report, as `CLASSNAME::NAME`. Source: the format that pytest's `--junitxml` and most
/// other runners write: `testcase` elements that contain `failure` or `error`.
///
/// - Returns: `nil` if this is not a complete report.
func failedTests(inReport bytes: [UInt8]) -> [String]? {
    let parser = XMLParser(data: Data(bytes))
    let report = TestReport()
    parser.delegate = report
    return parser.parse() && report.isReport ? report.failed : nil
}

private final class TestReport: NSObject, XMLParserDelegate {
    var failed: [String] = []
    var isReport = false
    private var test: String?

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        switch name {
        case "testsuite", "testsuites": isReport = true
        case "testcase":
            let className = attributes["classname"].flatMap { $0.isEmpty ? nil : $0 }
            test = [className, attributes["name"]].compactMap { $0 }.joined(separator: "::")
        case "failure", "error":
            if let test, failed.last != test { failed.append(test) }
        default: break
        }
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        if name == "testcase" { test = nil }
    }
}
