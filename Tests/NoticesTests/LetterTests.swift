import Foundation
import Testing

@testable import Notices

/// No text can break the structure of a mail.
@Suite struct LetterTests {
    func letter(subject: String = "s", text: String = "t", to: String = "a@b.org") -> Letter {
        Letter(from: "c@d.org", to: to, subject: subject, text: text, id: "k", date: noon)
    }

    /// Header lines of a message, folded ones joined.
    func headers(_ message: String) -> [String] {
        let head = String(message.split(separator: "\r\n\r\n", maxSplits: 1)[0])
        return head.replacing("\r\n ", with: "").split(separator: "\r\n").map(String.init)
    }

    static let names = [
        "Date", "From", "To", "Subject", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
        "Content-Transfer-Encoding",
    ]

    @Test(arguments: [
        "x\r\nBcc: evil@example.org", "x\nBcc: evil@example.org", "x\rBcc: y", "x\u{85}Bcc: y", "x\u{2028}Bcc: y",
        "x\u{0}y", "\r\n\r\nbody", "x\r\n =?UTF-8?Q?=0D=0ABcc:_y?=",
    ])
    func noTextMakesAHeaderOfItsOwn(text: String) {
        for letter in [letter(subject: text), letter(to: text), letter(text: text)] {
            #expect(headers(letter.message).map { $0.split(separator: ":")[0] }.map(String.init) == Self.names)
        }
    }

    @Test func aSubjectIsPlainWhenItCanBe() {
        #expect(encoded("clinic prod: train failed") == "clinic prod: train failed")
        #expect(encoded("=?UTF-8?B?eA==?=").hasPrefix("=?UTF-8?B?"), "nobody's own encoded word is decoded")
    }

    @Test func aLongSubjectIsEncodedInWordsThatAreWhole() throws {
        let text = String(repeating: "Frühgeburt 👶 ", count: 12)
        let words = encoded(text).components(separatedBy: "\r\n ")
        #expect(words.count > 3 && words.allSatisfy { $0.utf8.count <= 76 - "Subject: ".count })
        let decoded = try words.map { word in
            let data = try #require(Data(base64Encoded: String(word.dropFirst(10).dropLast(2))))
            return try #require(String(data: data, encoding: .utf8), "a character was cut in two")
        }
        #expect(decoded.joined() == text)
    }

    @Test(arguments: [
        ("a=b", "a=3Db"), ("ü", "=C3=BC"), (".", "=2E"), ("From me", "=46rom me"), ("a ", "a=20"), ("a\tb", "a\tb"),
        ("a\nb", "a\r\nb"), ("a\r\nb", "a\r\nb"), ("\u{0}", "=00"), ("a\rb", "a=0Db"), ("", ""),
    ])
    func textIsQuoted(text: String, quoted: String) { #expect(quotedPrintable(text) == quoted) }

    @Test func longLinesAreBroken() {
        for text in [
            String(repeating: "x", count: 500), String(repeating: "é", count: 300), String(repeating: ".", count: 400),
        ] {
            let lines = quotedPrintable(text).components(separatedBy: "\r\n")
            #expect(lines.allSatisfy { $0.utf8.count <= 76 && !$0.hasPrefix(".") })
            let joined = lines.map { $0.hasSuffix("=") ? String($0.dropLast()) : $0 }.joined()
            #expect(joined.replacing("=2E", with: ".").replacing("=C3=A9", with: "é") == text)
        }
    }

    @Test func aLetterHasItsDateAndItsName() {
        let lines = headers(letter().message)
        #expect(lines[0] == "Date: Wed, 25 Nov 2026 12:00:00 +0000" && lines[4] == "Message-ID: <k@d.org>")
        #expect(letter().message.hasSuffix("\r\n\r\nt\r\n"))
    }
}
