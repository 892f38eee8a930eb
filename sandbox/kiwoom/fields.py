"""Every key of every answer, in wire order, and how an unused one looks."""

from __future__ import annotations

from collections.abc import Mapping


def keys(text: str) -> tuple[str, ...]:
    """Return the words of a text."""
    return tuple(text.split())


ORDER_ROW = keys(
    """ord_no stk_cd trde_tp crd_tp ord_qty ord_uv cnfm_qty acpt_tp rsrv_tp ord_tm ori_ord stk_nm
    io_tp_nm loan_dt cntr_qty cntr_uv ord_remnq comm_ord_tp mdfy_cncl cnfm_tm dmst_stex_tp
    cond_uv"""
)
OPEN_ROW = keys(
    """acnt_no ord_no mang_empno stk_cd tsk_tp ord_stt stk_nm ord_qty ord_pric oso_qty
    cntr_tot_amt orig_ord_no io_tp_nm trde_tp tm cntr_no cntr_pric cntr_qty cur_prc sel_bid
    buy_bid unit_cntr_pric unit_cntr_qty tdy_trde_cmsn tdy_trde_tax ind_invsr stex_tp stex_tp_txt
    sor_yn stop_pric"""
)
FILL_ROW = keys(
    """ord_no stk_nm io_tp_nm ord_pric ord_qty cntr_pric cntr_qty oso_qty tdy_trde_cmsn
    tdy_trde_tax ord_stt trde_tp orig_ord_no ord_tm stk_cd stex_tp stex_tp_txt sor_yn stop_pric"""
)
DEPOSIT = keys(
    """entr profa_ch bncr_profa_ch nxdy_bncr_sell_exct fc_stk_krw_repl_set_amt crd_grnta_ch
    crd_grnt_ch add_grnt_ch etc_profa uncl_stk_amt shrts_prica crd_set_grnta chck_ina_amt
    etc_chck_ina_amt crd_grnt_ruse knx_asset_evltv elwdpst_evlta crd_ls_rght_frcs_amt
    lvlh_join_amt lvlh_trns_alowa repl_amt remn_repl_evlta trst_remn_repl_evlta
    bncr_remn_repl_evlta profa_repl crd_grnta_repl crd_grnt_repl add_grnt_repl rght_repl_amt
    pymn_alow_amt wrap_pymn_alow_amt ord_alow_amt bncr_buy_alowa 20stk_ord_alow_amt
    30stk_ord_alow_amt 40stk_ord_alow_amt 100stk_ord_alow_amt ch_uncla ch_uncla_dlfe ch_uncla_tot
    crd_int_npay int_npay_amt_dlfe int_npay_amt_tot etc_loana etc_loana_dlfe etc_loan_tot nrpy_loan
    loan_sum ls_sum crd_grnt_rt mdstrm_usfe min_ord_alow_yn loan_remn_evlt_amt dpst_grntl_remn
    sell_grntl_remn d1_entra d1_slby_exct_amt d1_buy_exct_amt d1_out_rep_mor d1_sel_exct_amt
    d1_pymn_alow_amt d2_entra d2_slby_exct_amt d2_buy_exct_amt d2_out_rep_mor d2_sel_exct_amt
    d2_pymn_alow_amt 50stk_ord_alow_amt 60stk_ord_alow_amt"""
)
VALUATION = keys(
    """acnt_nm brch_nm entr d2_entra tot_est_amt aset_evlt_amt tot_pur_amt prsm_dpst_aset_amt
    tot_grnt_sella tdy_lspft_amt invt_bsamt lspft_amt tdy_lspft lspft2 lspft tdy_lspft_rt
    lspft_ratio lspft_rt"""
)
VALUATION_ROW = keys(
    """stk_cd stk_nm rmnd_qty avg_prc cur_prc evlt_amt pl_amt pl_rt loan_dt pur_amt setl_remn
    pred_buyq pred_sellq tdy_buyq tdy_sellq"""
)
HOLDINGS = keys(
    """tot_pur_amt tot_evlt_amt tot_evlt_pl tot_prft_rt prsm_dpst_aset_amt tot_loan_amt
    tot_crd_loan_amt tot_crd_ls_amt"""
)
HOLDING_ROW = keys(
    """stk_cd stk_nm evltv_prft prft_rt pur_pric pred_close_pric rmnd_qty trde_able_qty cur_prc
    pred_buyq pred_sellq tdy_buyq tdy_sellq pur_amt pur_cmsn evlt_amt sell_cmsn tax sum_cmsn
    poss_rt crd_tp crd_tp_nm crd_loan_dt"""
)
_RATES = ("20", "30", "40", "50", "60")
ORDERABLE = (
    *(f"profa_{rate}ord_alow{part}" for rate in _RATES for part in ("_amt", "q")),
    *keys(
        """profa_rdex_60ord_alow_amt profa_rdex_60ord_alowq profa_100ord_alow_amt
        profa_100ord_alowq pred_reu_alowa tdy_reu_alowa entr repl_amt uncla ord_pos_repl ord_alowa
        wthd_alowa nxdy_wthd_alowa pur_amt cmsn pur_exct_amt d2entra profa_rdex_aplc_tp"""
    ),
)
STOCK = keys(
    """stk_cd stk_nm setl_mm fav cap flo_stk crd_rt oyr_hgst oyr_lwst mac mac_wght for_exh_rt
    repl_pric per eps roe pbr ev bps sale_amt bus_pro cup_nga 250hgst 250lwst open_pric high_pric
    low_pric upl_pric lst_pric base_pric exp_cntr_pric exp_cntr_qty 250hgst_pric_dt
    250hgst_pric_pre_rt 250lwst_pric_dt 250lwst_pric_pre_rt cur_prc pre_sig pred_pre flu_rt
    trde_qty trde_pre fav_unit dstr_stk dstr_rt"""
)
BAR_ROW = keys(
    """cur_prc trde_qty trde_prica dt open_pric high_pric low_pric pred_pre pred_pre_sig
    trde_tern_rt"""
)
LISTED = keys(
    """code name listCount auditInfo regDay lastPrice state marketCode marketName upName upSizeName
    companyClassName orderWarning nxtEnable"""
)
CHANGE_RANK = keys(
    """stk_cls stk_cd stk_nm cur_prc pred_pre_sig pred_pre flu_rt sel_req buy_req now_trde_qty
    cntr_str cnt"""
)
VOLUME_RANK = keys(
    """stk_cd stk_nm cur_prc pred_pre_sig pred_pre flu_rt trde_qty pred_rt trde_tern_rt trde_amt
    opmr_trde_qty opmr_pred_rt opmr_trde_rt opmr_trde_amt af_mkrt_trde_qty af_mkrt_pred_rt
    af_mkrt_trde_rt af_mkrt_trde_amt bf_mkrt_trde_qty bf_mkrt_pred_rt bf_mkrt_trde_rt
    bf_mkrt_trde_amt"""
)
INDEX = keys(
    """cur_prc pred_pre_sig pred_pre flu_rt trde_qty trde_prica trde_frmatn_stk_num trde_frmatn_rt
    open_pric high_pric low_pric upl rising stdns fall lst 52wk_hgst_pric 52wk_hgst_pric_dt
    52wk_hgst_pric_pre_rt 52wk_lwst_pric 52wk_lwst_pric_dt 52wk_lwst_pric_pre_rt"""
)
INDEX_BAR = keys("cur_prc trde_qty dt open_pric high_pric low_pric trde_prica")
PROFIT_SUM = keys("tot_buy_amt tot_sell_amt rlzt_pl trde_cmsn trde_tax")
PROFIT_DAY = keys("dt buy_amt sell_amt tdy_sel_pl tdy_trde_cmsn tdy_trde_tax")
NAV_DAY = keys(
    """cntr_dt cur_prc pre_sig pred_pre pre_rt trde_qty nav acc_trde_prica navidex_dispty_rt
    navetfdispty_rt trace_eor_rt trace_cur_prc trace_pred_pre trace_pre_sig"""
)
ETF = keys("stk_nm etfobjt_idex_nm wonju_pric etftxon_type etntxon_type")


def _book() -> tuple[str, ...]:
    """Return ka10004's keys: asks from level 10 down to 1, then bids from 1 to 10, then totals."""
    found = ["bid_req_base_tm"]
    for level in range(10, 1, -1):
        found += [f"sel_{level}th_pre_req_pre", f"sel_{level}th_pre_req", f"sel_{level}th_pre_bid"]
    found += ["sel_1th_pre_req_pre", "sel_fpr_req", "sel_fpr_bid"]
    found += ["buy_fpr_bid", "buy_fpr_req", "buy_1th_pre_req_pre"]
    for level in range(2, 11):
        found += [f"buy_{level}th_pre_bid", f"buy_{level}th_pre_req", f"buy_{level}th_pre_req_pre"]
    found += keys(
        """tot_sel_req_jub_pre tot_sel_req tot_buy_req tot_buy_req_jub_pre ovt_sel_req_pre
        ovt_sel_req ovt_buy_req ovt_buy_req_pre"""
    )
    return tuple(found)


BOOK = _book()


def filled(keys: tuple[str, ...], values: Mapping[str, object], unused: str = "") -> dict[str, str]:
    """Return a row with every key in order, unused ones as the real server leaves them.

    Raises KeyError for a value whose key the answer does not have.
    """
    unknown = set(values) - set(keys)
    if unknown:
        raise KeyError(f"not keys of this answer: {sorted(unknown)}")
    return {key: str(values.get(key, unused)) for key in keys}
