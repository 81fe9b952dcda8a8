"""A decided business case, small and made by hand."""

from __future__ import annotations

from journeyman.entities.business_case import BusinessCase, Effect, Today, Volume, Worth
from journeyman.entities.decided_case import (
    CaseVerdict,
    CurvePoint,
    DecidedCase,
    GroupGap,
    GroupRates,
    PilotPlan,
    Policy,
    Question,
    Rival,
    Sensitivity,
    Uplift,
    ValueEstimate,
)


def decided_case(cases: int | None = 300, *, rich: bool = False) -> DecidedCase:
    """Return one with a pilot of so many cases; a rich one has groups and a trial, and names that are no markup."""
    worth = {"act": {"no": Worth(-2.0), "yes": Worth(8.0)}, "leave": {"no": Worth(), "yes": Worth()}}
    name = "<b>sex</b>" if rich else "sex"
    case = BusinessCase("EUR", Effect.ASSUMED, worth, Today("leave"), Volume(40.0, 100.0), text='unit = "<i>EUR</i>"')
    value = ValueEstimate(1.5, 0.4, 2.6, 0.98)
    plan = None if cases is None else PilotPlan(cases, 120.0, 90, 20.0, 8.0, 0.0, 10.0, 0.0, 0.05, 0.81, 0)
    groups = (GroupRates("a", 60, 0.5, 0.2, 0.1, 1.0), GroupRates("<script>", 40, 0.2, None, 0.4, 2.0))
    return DecidedCase(
        name="model",
        version=1,
        created="2026-01-01T00:00:00Z",
        case=case,
        rows=400,
        rows_from="400 rows of table.csv",
        verdict=CaseVerdict.PILOT if cases is not None else CaseVerdict.NO_GO,
        reasons=("A reason.",),
        per_case=value,
        total=value.scaled(4_000.0),
        policy=Policy(1.0, (), 0.0, 0.3, 0.2, True, "", "Do 'act' where the probability of 'yes' is above 0.2."),
        rivals=(Rival("every case: act", value), Rival("every case: leave", value)),
        perfect=4.0,
        price=3.5,
        prevalence=(("yes", 0.3, 0.1),),
        sensitivities=(Sensitivity("worth of act, yes", "6.4 EUR", "9.6 EUR", -500.0, 9_000.0),),
        curve=tuple(CurvePoint(k / 4, 1.0 - (k / 4 - 0.4) ** 2, 0.2, 1.4) for k in range(5)),
        groups=GroupGap(name, groups, 0.4, 1e-6, 0.1, None) if rich else None,
        questions=(Question("effect", "Is it?", must=True), Question("time", "When?", answer="now")),
        pilot=plan,
        uplift=Uplift("mailed", 50, 50, 0.4, value, value, (value, value)) if rich else None,
        notes=("A note.",),
        loss_price=12.0,
    )
