"""A student's path through the claims in the browser: predict, test, verdict, next."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from model.claims.statements import claims

from .browsing import answered, finished, no_errors, visit

FIRST, SECOND, THIRD = list(claims())[:3]


@pytest.mark.parametrize("width", [1280, 390])
def test_predict_test_verdict_next(new_page, address: str, width: int):
    page: Page = new_page(viewport={"width": width, "height": 844})
    visit(page, f"{address}/claims")
    for number, name in enumerate((FIRST, SECOND, THIRD), start=1):
        claim = claims()[name]
        statement = page.locator(".st-key-statement")
        expect(statement).to_contain_text(claim.said.statement)
        expect(page.locator(".st-key-verdict")).to_have_count(0)
        with answered(page):
            statement.get_by_role("radio", name="It depends", exact=True).click()
        finished(page)
        expect(page.locator(".st-key-claim_test img, .st-key-claim_test table").first).to_be_visible()
        expect(page.locator(".st-key-verdict")).to_contain_text("The verdict:")
        expect(page.get_by_text(f"{number} of {len(claims())} predicted")).to_be_visible()
        no_errors(page)
        with answered(page):
            page.get_by_role("button", name="Next statement").click()
    visit(page, f"{address}/claims?claim={FIRST}")
    expect(page.get_by_text(f"3 of {len(claims())} predicted")).to_be_visible()  # a reload keeps them
    expect(page.locator(".st-key-verdict")).to_be_visible()
