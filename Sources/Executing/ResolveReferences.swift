import Home
import Projects
import Runs

extension RunProgress {
    /// The value or file that a reference refers to.
    package func value(of reference: Reference) throws -> String {
        let step = self[reference.step]
        guard let value = step.values[reference.output] ?? step.outputs[reference.output] else {
            throw DaemonError.refused(
                "step '\(reference.step)' gave no output '\(reference.output)': write "
                    + "`\(reference.output)=…` to $ESPALIER_OUTPUT, or declare it under outputs:")
        }
        return value
    }

    /// `text` with every reference replaced by its value.
    package func resolved(_ text: String) throws -> String {
        try Reference.all(in: text).reduce(text) { out, reference in
            out.replacing(reference.description, with: try value(of: reference))
        }
    }
}
