"""Keys of the account's statements in wire order, from the broker's published lists."""

from __future__ import annotations

from .fields import keys_of

ASSET_CLASS = keys_of("pchs_amt evlu_amt evlu_pfls_amt crdt_lnd_amt real_nass_amt whol_weit_rt")
ASSET_SUM = keys_of(
    """pchs_amt_smtl nass_tot_amt loan_amt_smtl evlu_pfls_amt_smtl evlu_amt_smtl tot_asst_amt
    tot_lnda_tot_ulst_lnda cma_auto_loan_amt tot_mgln_amt stln_evlu_amt crdt_fncg_amt
    ocl_apl_loan_amt pldg_stup_amt frcr_evlu_tota tot_dncl_amt cma_evlu_amt dncl_amt tot_sbst_amt
    thdt_rcvb_amt ovrs_stck_evlu_amt1 ovrs_bond_evlu_amt mmf_cma_mgge_loan_amt sbsc_dncl_amt
    pbst_sbsc_fnds_loan_use_amt etpr_crdt_grnt_loan_amt"""
)

DAY_PROFIT = keys_of(
    "trad_dt buy_amt sll_amt rlzt_pfls fee loan_int tl_tax pfls_rt sll_qty1 buy_qty1"
)
DAY_PROFIT_SUM = keys_of(
    """sll_qty_smtl sll_tr_amt_smtl sll_fee_smtl sll_tltx_smtl sll_excc_amt_smtl buy_qty_smtl
    buy_tr_amt_smtl buy_fee_smtl buy_tax_smtl buy_excc_amt_smtl tot_qty tot_tr_amt tot_fee tot_tltx
    tot_excc_amt tot_rlzt_pfls loan_int"""
)

TRADE_PROFIT = keys_of(
    """trad_dt pdno prdt_name trad_dvsn_name loan_dt hldg_qty pchs_unpr buy_qty buy_amt sll_pric
    sll_qty sll_amt rlzt_pfls pfls_rt fee tl_tax loan_int"""
)
# `buyqty_smtl` here, `buy_qty_smtl` in the sums by day.
TRADE_PROFIT_SUM = keys_of(
    """sll_qty_smtl sll_tr_amt_smtl sll_fee_smtl sll_tltx_smtl sll_excc_amt_smtl buyqty_smtl
    buy_tr_amt_smtl buy_fee_smtl buy_tax_smtl buy_excc_amt_smtl tot_qty tot_tr_amt tot_fee tot_tltx
    tot_excc_amt tot_rlzt_pfls loan_int tot_pftrt"""
)
