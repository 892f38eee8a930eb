"""Keys of the market's further answers in wire order, from captured ones; the last six from published lists."""

from __future__ import annotations

from .fields import keys_of

MINUTE_NOW = keys_of(
    """prdy_vrss prdy_vrss_sign prdy_ctrt stck_prdy_clpr acml_vol acml_tr_pbmn hts_kor_isnm
    stck_prpr"""
)
MINUTE = keys_of(
    """stck_bsop_date stck_cntg_hour stck_prpr stck_oprc stck_hgpr stck_lwpr cntg_vol
    acml_tr_pbmn"""
)
STATE = keys_of(
    """rprs_mrkt_kor_name insn_pbnt_yn stck_prpr prdy_vrss prdy_vrss_sign prdy_ctrt
    acml_tr_pbmn acml_vol prdy_vol prdy_vrss_vol_rate bstp_kor_isnm sltr_yn mang_issu_yn
    trht_yn oprc_rang_cont_yn vlnt_fin_cls_code stck_prdy_clpr stck_oprc
    prdy_clpr_vrss_oprc_rate oprc_vrss_prpr_sign oprc_vrss_prpr stck_hgpr
    prdy_clpr_vrss_hgpr_rate hgpr_vrss_prpr_sign hgpr_vrss_prpr stck_lwpr
    prdy_clpr_vrss_lwpr_rate lwpr_vrss_prpr_sign lwpr_vrss_prpr marg_rate crdt_rate
    crdt_able_yn elw_pblc_yn stck_mxpr stck_llam bstp_cls_code stck_sdpr vlnt_deal_cls_name
    new_lstn_cls_name divi_app_cls_code short_over_cls_code vi_cls_code low_current_yn
    ssts_hot_yn stange_runup_yn invt_caful_yn mrkt_warn_cls_code short_over_yn"""
)
OVERTIME_TRADES_NOW = keys_of(
    """ovtm_untp_prpr ovtm_untp_prdy_vrss ovtm_untp_prdy_vrss_sign ovtm_untp_prdy_ctrt
    ovtm_untp_vol ovtm_untp_tr_pbmn ovtm_untp_mxpr ovtm_untp_llam ovtm_untp_oprc
    ovtm_untp_hgpr ovtm_untp_lwpr ovtm_untp_antc_cnpr ovtm_untp_antc_cntg_vrss
    ovtm_untp_antc_cntg_vrss_sign ovtm_untp_antc_cntg_ctrt ovtm_untp_antc_vol uplm_sign
    lslm_sign"""
)
OVERTIME_TRADE = keys_of(
    """stck_cntg_hour stck_prpr prdy_vrss prdy_vrss_sign prdy_ctrt askp bidp acml_vol cntg_vol"""
)
OVERTIME_DAYS_NOW = keys_of(
    """ovtm_untp_prpr ovtm_untp_prdy_vrss ovtm_untp_prdy_vrss_sign ovtm_untp_prdy_ctrt
    ovtm_untp_vol ovtm_untp_tr_pbmn ovtm_untp_mxpr ovtm_untp_llam ovtm_untp_oprc
    ovtm_untp_hgpr ovtm_untp_lwpr ovtm_untp_antc_cnpr ovtm_untp_antc_cntg_vrss
    ovtm_untp_antc_cntg_vrss_sign ovtm_untp_antc_cntg_ctrt ovtm_untp_antc_vol"""
)
OVERTIME_DAY = keys_of(
    """stck_bsop_date ovtm_untp_prpr ovtm_untp_prdy_vrss ovtm_untp_prdy_vrss_sign
    ovtm_untp_prdy_ctrt ovtm_untp_vol stck_clpr prdy_vrss prdy_vrss_sign prdy_ctrt acml_vol
    ovtm_untp_tr_pbmn"""
)
OVERTIME_BOOK = keys_of(
    """ovtm_untp_last_hour ovtm_untp_askp1 ovtm_untp_askp2 ovtm_untp_askp3 ovtm_untp_askp4
    ovtm_untp_askp5 ovtm_untp_askp6 ovtm_untp_askp7 ovtm_untp_askp8 ovtm_untp_askp9
    ovtm_untp_askp10 ovtm_untp_bidp1 ovtm_untp_bidp2 ovtm_untp_bidp3 ovtm_untp_bidp4
    ovtm_untp_bidp5 ovtm_untp_bidp6 ovtm_untp_bidp7 ovtm_untp_bidp8 ovtm_untp_bidp9
    ovtm_untp_bidp10 ovtm_untp_askp_icdc1 ovtm_untp_askp_icdc2 ovtm_untp_askp_icdc3
    ovtm_untp_bidp_icdc1 ovtm_untp_bidp_icdc2 ovtm_untp_bidp_icdc3 ovtm_untp_askp_rsqn1
    ovtm_untp_askp_rsqn2 ovtm_untp_askp_rsqn3 ovtm_untp_askp_rsqn4 ovtm_untp_askp_rsqn5
    ovtm_untp_askp_rsqn6 ovtm_untp_askp_rsqn7 ovtm_untp_askp_rsqn8 ovtm_untp_askp_rsqn9
    ovtm_untp_askp_rsqn10 ovtm_untp_bidp_rsqn1 ovtm_untp_bidp_rsqn2 ovtm_untp_bidp_rsqn3
    ovtm_untp_bidp_rsqn4 ovtm_untp_bidp_rsqn5 ovtm_untp_bidp_rsqn6 ovtm_untp_bidp_rsqn7
    ovtm_untp_bidp_rsqn8 ovtm_untp_bidp_rsqn9 ovtm_untp_bidp_rsqn10 ovtm_untp_total_askp_rsqn
    ovtm_untp_total_bidp_rsqn ovtm_untp_total_askp_rsqn_icdc ovtm_untp_total_bidp_rsqn_icdc
    ovtm_untp_ntby_bidp_rsqn total_askp_rsqn total_bidp_rsqn total_askp_rsqn_icdc
    total_bidp_rsqn_icdc ovtm_total_askp_rsqn ovtm_total_bidp_rsqn ovtm_total_askp_icdc
    ovtm_total_bidp_icdc"""
)
OPINION = keys_of(
    """stck_bsop_date stck_shrn_iscd hts_kor_isnm invt_opnn invt_opnn_cls_code rgbf_invt_opnn
    rgbf_invt_opnn_cls_code mbcr_name stck_prpr prdy_vrss prdy_vrss_sign prdy_ctrt
    hts_goal_prc stck_prdy_clpr stft_esdg dprt"""
)
INDEX_CATEGORY_NOW = keys_of(
    """bstp_nmix_prpr bstp_nmix_prdy_vrss prdy_vrss_sign bstp_nmix_prdy_ctrt acml_vol
    acml_tr_pbmn bstp_nmix_oprc bstp_nmix_hgpr bstp_nmix_lwpr prdy_vol ascn_issu_cnt
    down_issu_cnt stnr_issu_cnt uplm_issu_cnt lslm_issu_cnt prdy_tr_pbmn
    dryy_bstp_nmix_hgpr_date dryy_bstp_nmix_hgpr dryy_bstp_nmix_lwpr dryy_bstp_nmix_lwpr_date"""
)
INDEX_CATEGORY = keys_of(
    """bstp_cls_code hts_kor_isnm bstp_nmix_prpr bstp_nmix_prdy_vrss prdy_vrss_sign
    bstp_nmix_prdy_ctrt acml_vol acml_tr_pbmn acml_vol_rlim acml_tr_pbmn_rlim"""
)
INDEX_MOMENT = keys_of(
    """bsop_hour bstp_nmix_prpr bstp_nmix_prdy_vrss prdy_vrss_sign bstp_nmix_prdy_ctrt
    acml_tr_pbmn acml_vol cntg_vol"""
)
INDEX_EXPECTED = keys_of(
    """stck_cntg_hour bstp_nmix_prpr prdy_vrss_sign bstp_nmix_prdy_vrss prdy_ctrt acml_vol
    acml_tr_pbmn"""
)
BULK_TRADES = keys_of(
    """mksc_shrn_iscd data_rank hts_kor_isnm stck_prpr prdy_vrss_sign prdy_vrss prdy_ctrt
    acml_vol shnu_cntg_csnu seln_cntg_csnu ntby_cnqn"""
)
COMPANY_TRADES = keys_of(
    """data_rank mksc_shrn_iscd hts_kor_isnm stck_prpr prdy_vrss_sign prdy_vrss prdy_ctrt
    acml_vol acml_tr_pbmn seln_cnqn_smtn shnu_cnqn_smtn ntby_cnqn"""
)
CAPITALISATION = keys_of(
    """mksc_shrn_iscd data_rank hts_kor_isnm stck_prpr prdy_vrss prdy_vrss_sign prdy_ctrt
    acml_vol lstn_stcn stck_avls mrkt_whol_avls_rlim"""
)
BOOK_TOTALS = keys_of(
    """mksc_shrn_iscd data_rank hts_kor_isnm stck_prpr prdy_vrss prdy_vrss_sign prdy_ctrt
    acml_vol total_askp_rsqn total_bidp_rsqn total_ntsl_bidp_rsqn shnu_rsqn_rate
    seln_rsqn_rate"""
)
DISPARITY = keys_of(
    """mksc_shrn_iscd data_rank hts_kor_isnm stck_prpr prdy_vrss prdy_ctrt prdy_vrss_sign
    acml_vol d5_dsrt d10_dsrt d20_dsrt d60_dsrt d120_dsrt"""
)
PREFERRED = keys_of(
    """mksc_shrn_iscd data_rank hts_kor_isnm stck_prpr prdy_vrss prdy_vrss_sign acml_vol
    prst_iscd prst_kor_isnm prst_prpr prst_prdy_vrss prst_prdy_vrss_sign prst_acml_vol
    diff_prpr dprt prdy_ctrt prst_prdy_ctrt"""
)
EXPECTED = keys_of(
    """stck_shrn_iscd hts_kor_isnm stck_prpr prdy_vrss prdy_vrss_sign prdy_ctrt stck_sdpr
    seln_rsqn askp bidp shnu_rsqn cntg_vol antc_tr_pbmn total_askp_rsqn total_bidp_rsqn"""
)
SHORT_SALE = keys_of(
    """mksc_shrn_iscd hts_kor_isnm stck_prpr prdy_vrss prdy_vrss_sign prdy_ctrt acml_vol
    acml_tr_pbmn ssts_cntg_qty ssts_vol_rlim ssts_tr_pbmn ssts_tr_pbmn_rlim stnd_date1
    stnd_date2 avrg_prc"""
)
CREDIT_SPAN = keys_of("""bstp_cls_code hts_kor_isnm stnd_date1 stnd_date2""")
CREDIT = keys_of(
    """mksc_shrn_iscd hts_kor_isnm stck_prpr prdy_vrss prdy_vrss_sign prdy_ctrt acml_vol
    whol_loan_rmnd_stcn whol_loan_rmnd_amt whol_loan_rmnd_rate whol_stln_rmnd_stcn
    whol_stln_rmnd_amt whol_stln_rmnd_rate nday_vrss_loan_rmnd_inrt nday_vrss_stln_rmnd_inrt"""
)
OVERTIME_SUMS = keys_of(
    """ovtm_untp_uplm_issu_cnt ovtm_untp_ascn_issu_cnt ovtm_untp_stnr_issu_cnt
    ovtm_untp_lslm_issu_cnt ovtm_untp_down_issu_cnt ovtm_untp_acml_vol ovtm_untp_acml_tr_pbmn
    ovtm_untp_exch_vol ovtm_untp_exch_tr_pbmn ovtm_untp_kosdaq_vol ovtm_untp_kosdaq_tr_pbmn"""
)
OVERTIME_CHANGE = keys_of(
    """mksc_shrn_iscd hts_kor_isnm ovtm_untp_prpr ovtm_untp_prdy_vrss ovtm_untp_prdy_vrss_sign
    ovtm_untp_prdy_ctrt ovtm_untp_askp1 ovtm_untp_seln_rsqn ovtm_untp_bidp1
    ovtm_untp_shnu_rsqn ovtm_untp_vol ovtm_vrss_acml_vol_rlim stck_prpr acml_vol bidp askp"""
)
DAY_PRICE = keys_of(
    """stck_bsop_date stck_oprc stck_hgpr stck_lwpr stck_clpr acml_vol prdy_vrss_vol_rate
    prdy_vrss prdy_vrss_sign prdy_ctrt hts_frgn_ehrt frgn_ntby_qty flng_cls_code
    acml_prtt_rate"""
)
CONCLUSION_NOW = keys_of(
    """stck_prpr prdy_vrss prdy_vrss_sign prdy_ctrt acml_vol prdy_vol rprs_mrkt_kor_name"""
)
CONCLUSION = keys_of(
    """stck_cntg_hour stck_prpr prdy_vrss prdy_vrss_sign prdy_ctrt askp bidp tday_rltv
    acml_vol cnqn"""
)
INVESTORS = keys_of(
    """stck_bsop_date stck_clpr prdy_vrss prdy_vrss_sign prsn_ntby_qty frgn_ntby_qty
    orgn_ntby_qty prsn_ntby_tr_pbmn frgn_ntby_tr_pbmn orgn_ntby_tr_pbmn prsn_shnu_vol
    frgn_shnu_vol orgn_shnu_vol prsn_shnu_tr_pbmn frgn_shnu_tr_pbmn orgn_shnu_tr_pbmn
    prsn_seln_vol frgn_seln_vol orgn_seln_vol prsn_seln_tr_pbmn frgn_seln_tr_pbmn
    orgn_seln_tr_pbmn"""
)
_PLACES = range(1, 6)
MEMBERS = (
    *(
        f"{side}_{what}{place}"
        for side in ("seln", "shnu")
        for what in ("mbcr_no", "mbcr_name")
        for place in _PLACES
    ),
    *(
        f"{what}{place}"
        for side in ("seln", "shnu")
        for what in (f"total_{side}_qty", f"{side}_mbcr_rlim", f"{side}_qty_icdc")
        for place in _PLACES
    ),
    *keys_of(
        """glob_total_seln_qty glob_seln_rlim glob_ntby_qty glob_total_shnu_qty glob_shnu_rlim
        glob_total_seln_qty_icdc glob_total_shnu_qty_icdc"""
    ),
    *(f"{side}_mbcr_glob_yn_{place}" for side in ("seln", "shnu") for place in _PLACES),
    "acml_vol",
)
INDEX_DAY = keys_of(
    """stck_bsop_date bstp_nmix_prpr prdy_vrss_sign bstp_nmix_prdy_vrss bstp_nmix_prdy_ctrt
    bstp_nmix_oprc bstp_nmix_hgpr bstp_nmix_lwpr acml_vol_rlim acml_vol acml_tr_pbmn invt_new_psdg
    d20_dsrt"""
)
