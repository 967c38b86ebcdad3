import Answering
import ArgumentParser

struct ProvenanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "provenance",
        abstract: "Print the signed provenance of a version: its files, code, data and configuration.",
        discussion: """
            Two things are signed when a version is registered, each with a key of the environment. The statement is a DSSE envelope
            of an in-toto statement with SLSA's provenance: securesystemslib verifies it. The signature is OpenSSF Model Signing's, of
            the model's folder:

              espalier provenance MODEL VERSION --signature > model.sig
              espalier provenance MODEL VERSION --signature-key > model.pub
              python -m model_signing verify key FOLDER --signature model.sig --public_key model.pub
            """)

    enum Part: EnumerableFlag {
        case statement, publicKey, signature, signatureKey

        static func help(for part: Part) -> ArgumentHelp? {
            switch part {
            case .statement: "The statement. This is the default."
            case .publicKey: "The public key that verifies the statement, as PEM."
            case .signature: "The signature of the model's files."
            case .signatureKey: "The public key that verifies the signature, as PEM."
            }
        }
    }

    @Argument(help: "Name of the registered model.") var model: String
    @Argument(help: "Version.") var version: String
    @Flag(help: "What to print.") var part = Part.statement
    @OptionGroup var home: HomeOption

    func run() async throws {
        let found = try await Reporter(home: home.value).provenance(of: model, version: version)
        guard let text = found[part] else {
            throw Complaint(
                description: "\(model) \(version) has no signature here: it is from before models were signed")
        }
        print(text, terminator: text.hasSuffix("\n") ? "" : "\n")
    }
}

extension ProvenanceExport {
    fileprivate subscript(part: ProvenanceCommand.Part) -> String? {
        switch part {
        case .statement: statement
        case .publicKey: statementKey
        case .signature: signature
        case .signatureKey: signatureKey
        }
    }
}
