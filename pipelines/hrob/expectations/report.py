"""What a look at the births has found: a report for people, and one for Espalier (JUnit)."""

from xml.etree import ElementTree

from hrob.expectations.rules import Outcome


def markdown(dataset: str, rows: int, outcomes: list[Outcome]) -> str:
    """What failed first, then everything."""
    failed = [outcome for outcome in outcomes if not outcome.met]
    lines = [f"# Expectations of {dataset}", "", f"{rows} births, {len(outcomes)} expectations, {len(failed)} not met.", ""]
    lines += [f"- {outcome.sentence}" for outcome in failed]
    lines += ["", "| expectation | expected | otherwise | met |", "|---|---|---|---|"]
    lines += [f"| {one.name} | {one.expected} | {one.count} | {'yes' if one.met else '**no**'} |" for one in outcomes]
    return "\n".join(lines) + "\n"


def junit(dataset: str, outcomes: list[Outcome]) -> str:
    """One test case for each expectation, named like it."""
    failures = str(sum(not outcome.met for outcome in outcomes))
    suite = ElementTree.Element("testsuite", name="expectations", tests=str(len(outcomes)), failures=failures, errors="0")
    for outcome in outcomes:
        case = ElementTree.SubElement(suite, "testcase", classname=f"expectations.{dataset}", name=outcome.name)
        if not outcome.met:
            ElementTree.SubElement(case, "failure", message=outcome.sentence)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"
