"""The Complete Journey's coupons as offers: one row a household and coupon, redeemed or not."""

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from course_lib.journey import journey_table

FIRST, LAST = "2017-03-01", "2017-12-06"  # two months of history; 25 days before the data end
DAYS = pd.Timedelta(days=25)  # to redeem a coupon, in every campaign
RECENT = pd.Timedelta(weeks=8)
KEY = ["campaign_id", "household_id", "coupon_upc"]


def coupon_offers(shop):
    """Every coupon that a household was sent in campaigns of type B and C, and what was known then.

    shop: `load_complete_journey()`. Type A is left out: there a household got 16 coupons of about
    200, and which ones is not recorded. Columns:

    - campaign_id, household_id, coupon_upc: which offer;
    - own, category: the household's purchase lines of the coupon's products, of their categories;
    - lines, spend: all its purchase lines, and its dollars of the last eight weeks;
    - before: coupons it had redeemed;
    - size, reach: the coupon's products, and the share of households that had bought one of them;
    - redeemed: 1 if it was, within 25 days of the campaign's start.

    All but the last look at what came before the campaign's start and at nothing else.
    """
    names = ("campaigns", "campaign_descriptions", "coupons", "coupon_redemptions")
    sent, campaigns, coupons, redemptions = map(journey_table, names)
    used = redemptions.merge(campaigns, on="campaign_id")
    usable = campaigns[
        (campaigns["campaign_type"] != "Type A") & campaigns["start_date"].between(FIRST, LAST)
    ]
    coupons = coupons.drop_duplicates()
    tables = [
        _of_campaign(
            shop,
            start,
            coupons[coupons["campaign_id"] == campaign],
            sent.loc[sent["campaign_id"] == campaign, "household_id"].to_numpy(),
            used.loc[used["redemption_date"] < start, "household_id"],
        ).assign(campaign_id=campaign)
        for campaign, start in zip(usable["campaign_id"], usable["start_date"], strict=True)
    ]
    in_time = used.loc[used["redemption_date"] < used["start_date"] + DAYS, KEY].drop_duplicates()
    offers = pd.concat(tables).merge(in_time.assign(redeemed=1), on=KEY, how="left")
    offers["redeemed"] = offers["redeemed"].fillna(0).astype(int)
    return offers[["campaign_id", *offers.columns.drop("campaign_id")]]


def _of_campaign(shop, start, coupons, households, redeemers):
    """The offers of one campaign, from the log before its start."""
    log = shop.interactions
    past = log.select(log.timestamps < start)
    recent = past.select(past.timestamps >= start - RECENT)
    names, column = np.unique(coupons["coupon_upc"], return_inverse=True)
    own, category = _purchases(shop, past.matrix(), coupons["product_id"], column)
    lines = np.bincount(past.users, minlength=log.n_users)
    spend = np.bincount(recent.users, recent.values, minlength=log.n_users)
    before = redeemers.value_counts(sort=False).reindex(households).fillna(0).to_numpy()
    who, each = pd.Index(shop.users["user_id"]).get_indexer(households), len(names)
    columns = {  # a household's offers stand together, coupons in order
        "household_id": np.repeat(households, each),
        "coupon_upc": np.tile(names, len(households)),
        "own": own[who].ravel(),
        "category": category[who].ravel(),
        "lines": np.repeat(lines[who], each),
        "spend": np.repeat(spend[who], each),
        "before": np.repeat(before, each),
        "size": np.tile(np.bincount(column), len(households)),
        "reach": np.tile((own > 0).mean(axis=0), len(households)),
    }
    return pd.DataFrame(columns)


def _purchases(shop, bought, products, column):
    """(users, coupons) twice: purchase lines of a coupon's products, and of their categories."""
    row = pd.Index(shop.items["item_id"]).get_indexer(products)
    sold = row >= 0  # some products of a coupon were never sold
    shape = (len(shop.items), column.max() + 1)
    on = csr_matrix((np.ones(sold.sum()), (row[sold], column[sold])), shape=shape)
    kinds, _ = pd.factorize(shop.items["category"].fillna("unknown"))
    kind = csr_matrix((np.ones(len(kinds)), (np.arange(len(kinds)), kinds)))
    return (bought @ on).toarray(), (bought @ kind @ (kind.T @ on > 0)).toarray()
