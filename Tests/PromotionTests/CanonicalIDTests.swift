import Promotion
import Testing

@Suite struct CanonicalIDTests {
    /// CASES: P2.
    @Test(arguments: [
        (
            "1",
            [
                "1.0", "\"1\"", "1 ", " 1", "01", "+1", "1e0", "0.1e1", "'1'", "\u{FEFF}1", "1\t", "1\u{A0}", "10e-1",
                ".1e1", "1.",
            ]
        ),
        ("1000", ["1e3", "1E3", "0001000.000"]), ("0", ["-0", "0.0", "00", "0e5"]), ("-7.5", ["-07.50", "-75e-1"]),
        ("0.007", ["7e-3", ".007", "00.0070"]), ("9007199254740993", ["9007199254740993.0", "09007199254740993"]),
        ("café", ["cafe\u{301}", " café"]),
    ])
    func oneValueHasOneForm(id: String, others: [String]) {
        #expect(canonicalID(id) == id)
        for other in others { #expect(canonicalID(other) == id, "\(other)") }
    }

    @Test(arguments: [
        ("9007199254740993", "9007199254740992.0"), ("1", "11"), ("a1", "a01"), ("7", "7x"), ("1.10", "1.1.0"),
        ("1e3", "1e3e"),
        ("1", "-1"), ("e1", "1"), ("", "0"), (".", "0"), ("0x10", "16"), ("1_000", "1000"), ("1e999999999", "0"),
    ])
    func valuesThatDifferStayDifferent(one: String, other: String) {
        #expect(canonicalID(one) != canonicalID(other))
    }
}
