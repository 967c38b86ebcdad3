"""Where a day's scores go: the slots of both tables, the predictions last."""

from datetime import datetime

from hrob import step
from hrob.infer import slots
from hrob.infer.scoring import Scored
from hrob.infer.slots import SlotTable, Source


def publish(into: SlotTable, ill: SlotTable, scored: Scored, source: Source, run: str, moment: datetime) -> int:
    """Writes the slots of predictions and quarantine, and looks whether every birth is in them; the predictions' version.

    The quarantine comes first: where the predictions are, the whole is there.
    """
    ill.publish(scored.quarantine, source, run, moment, even_if_equal=True)
    written = into.publish(scored.predictions, source, run, moment)
    well, refused = into.held(moment)[source], ill.held(moment)[source]
    if well + refused != scored.tally.of_day:
        raise step.Refused(
            f"the day has {scored.tally.of_day} births, but {into.root} now holds {well} predictions and {ill.root} "
            f"{refused} births for {slots.text(moment)} by {source}; was another run at work?"
        )
    return written.version
