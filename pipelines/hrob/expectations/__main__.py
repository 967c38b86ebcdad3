"""Looks at the births before anything is made of them."""

from datetime import datetime, timezone
from pathlib import Path

from hrob import step
from hrob.expectations import report, rules
from hrob.intake import births, mappings
from hrob.step import Refused


def main() -> None:
    """Raw births → `report.md` and `junit.xml`; refused when an expectation is not met."""
    config = step.config()
    mapping = mappings.configured(config)
    expected = rules.read(mapping)
    raw, path = births.read(config, mapping), config.get("births")
    written = datetime.fromtimestamp(Path(path).stat().st_mtime, timezone.utc) if path else None
    outcomes = rules.look(raw, mapping, expected, datetime.now(timezone.utc), written)
    step.output_path("report.md").write_text(report.markdown(mapping.dataset, len(raw), outcomes))
    step.output_path("junit.xml").write_text(report.junit(mapping.dataset, outcomes))
    failed = [outcome.sentence for outcome in outcomes if not outcome.met]
    step.report(expectations=len(outcomes), failed=len(failed))
    if failed:
        raise Refused(f"{len(failed)} of {len(outcomes)} expectations are not met\n" + "\n".join(f"  {one}" for one in failed))
    print(f"{mapping.dataset}: {len(raw)} births meet {len(outcomes)} expectations")


if __name__ == "__main__":
    step.run(main)
