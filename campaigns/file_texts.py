"""What is said about files and the numbers in them: why a row or a whole file is not taken, and what to do."""

from collections.abc import Mapping

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _l

# Why a row of a file, or a number typed in, is not taken.
PHONE_REASONS = {
    "empty": _l("携帯電話番号が空です。"),
    "formula": _l("数式が入っています。値だけにして保存し直してください。"),
    "scientific": _l("表計算ソフトが番号を指数表記(8.1E+10 など)に変えたため、元の番号が失われています。"),
    "letters": _l("数字ではない文字が入っています。"),
    "several_numbers": _l("番号が2つ以上入っています。1つの欄に1つの番号を入れてください。"),
    "unusual_digits": _l("丸数字など、番号に使えない数字が入っています。"),
    "symbols": _l("番号に使えない記号が入っています。"),
    "foreign": _l("海外の番号です。日本の携帯電話番号だけに送れます。"),
    "international_prefix": _l("国際電話の番号の形です。090 などで始まる番号にしてください。"),
    "emergency": _l("緊急通報などの番号です。"),
    "toll_free": _l("フリーダイヤルの番号です。携帯電話番号ではありません。"),
    "special_number": _l("ナビダイヤルなどの番号です。携帯電話番号ではありません。"),
    "m2m": _l("機器の通信用(M2M)の番号です。"),
    "pager": _l("ポケットベルの番号です。"),
    "ip_phone": _l("IP電話(050)の番号です。SMSは送れません。"),
    "fmc": _l("FMC(0600)の番号です。携帯電話番号ではありません。"),
    "landline": _l("固定電話の番号です。SMSは送れません。"),
    "too_short": _l("番号の桁数が足りません。"),
    "too_long": _l("番号の桁数が多すぎます。"),
    "unassigned": _l("携帯電話に使われていない番号です。"),
    "long_row": _l("見出しより多くの列があります。コンマが値に含まれていないかご確認ください。"),
    "cell_too_long": _l("長すぎる値があります。"),
    "value_too_long": _l("氏名などの値が長すぎます。100文字以内にしてください。"),
    "unclear_opt_out": _l("配信停止の欄を読み取れません。停止する場合は「○」、しない場合は「×」か空欄にしてください。"),
    "repeated": _l("同じ番号が、ファイルの前の行にあります。"),
}

# A value of a row that is taken in without it.
VALUE_WARNINGS = {
    "consent:bad_flag": _l("同意の欄を読み取れないため、同意なしとして扱います。「○」か「×」にしてください。"),
    "consented_at:bad_date": _l("同意日を読み取れないため、日付なしで取り込みます。例: 2026/4/1"),
    "number_acquired_on:bad_date": _l("番号取得日を読み取れないため、日付なしで取り込みます。例: 2026/4/1"),
}

# Why a whole file is not taken, and what to do; the last ones are doubts about one that is.
FILE_TROUBLES = {
    "empty": _l("ファイルに内容がありません。連絡先の入ったファイルを選んでください。"),
    "header_only": _l("見出しの行だけで、連絡先が1行もありません。2行目から連絡先を入れて、もう一度お試しください。"),
    "is_workbook": _l(
        "ここではExcelブックを使えません。Excelの「名前を付けて保存」で、ファイルの種類を"
        "「CSV UTF-8(コンマ区切り)」にして保存し、そのCSVファイルを選んでください。"
    ),
    "old_workbook": _l(
        "この形式のブック(.xls、.xlsb、.ods など)は取り込めません。Excelの「名前を付けて保存」で、ファイルの種類を"
        "「Excelブック(.xlsx)」か「CSV UTF-8(コンマ区切り)」にして保存し、そのファイルを選んでください。"
    ),
    "locked_workbook": _l(
        "パスワードで保護されたブックは開けません。Excelでパスワードを外して保存し、もう一度選んでください。"
    ),
    "damaged_workbook": _l(
        "Excelブックを読み取れません。ファイルが壊れているようです。Excelで開いて保存し直すか、"
        "「CSV UTF-8(コンマ区切り)」で保存して、もう一度お試しください。"
    ),
    "no_sheet": _l("ブックに、連絡先を読み取れる(表示されている)シートがありません。"),
    "workbook_too_large": _l(
        "ブックの中身が大きすぎます(展開して%(maximum)sMBまで)。シートを分けるか、CSVで保存して取り込んでください。"
    ),
    "too_many_rows": _l("行が多すぎます。取り込めるのは%(maximum)s行までです。ファイルを分けて取り込んでください。"),
    "is_archive": _l("圧縮されたファイル(ZIPなど)です。展開して、中のファイルを選んでください。"),
    "not_text": _l(
        "%(line)s行目に、文字ではないデータがあります。CSVではないファイルか、壊れたファイルのようです。"
        "元のソフトからCSV形式で保存し直してください。"
    ),
    "undecodable": _l(
        "%(line)s行目の文字を読み取れません。複数の文字コードが混ざっているか、ファイルが壊れているようです。"
        "元のソフトから「CSV UTF-8」形式で保存し直してください。"
    ),
    "wrong_encoding": _l("選んだ文字コードでは%(line)s行目の文字を読み取れません。ほかの文字コードを選んでください。"),
    "unclosed_quote": _l(
        '%(line)s行目から始まる引用符(")が閉じられていないため、行の区切りが分かりません。'
        "その行の引用符を直して、もう一度お試しください。"
    ),
    "cell_too_long": _l(
        '%(line)s行目に長すぎるセルがあります。引用符(")の閉じ忘れや、CSVではないデータがないかご確認ください。'
    ),
    "too_many_columns": _l(
        "列が%(columns)s列あります。取り込めるのは%(maximum)s列までです。使わない列を削除して、もう一度お試しください。"
    ),
    "duplicate_header": _l(
        "見出し「%(header)s」の列が2つ以上あり、区別できません。見出しを別の名前にして、もう一度お試しください。"
    ),
    "no_phone_column": _l("携帯電話番号の列を1つ選んでください。番号のない連絡先は取り込めません。"),
    "file_too_large": _l(
        "ファイルが大きすぎます。取り込めるのは%(maximum)sMBまでです。ファイルを分けて取り込んでください。"
    ),
    "file_missing": _l("アップロードしたファイルが見つかりません。お手数ですが、もう一度アップロードしてください。"),
    "too_many_lists": _l(
        "配信リストの列に、まだないリストの名前が%(maximum)s種類より多くあります。列の選び方をご確認ください。"
        "リストでなければ、差し込み項目として取り込んでください。"
    ),
    "several_sheets": _l("シートが2枚以上あります。取り込むシートを選んでください。1回に1枚を取り込みます。"),
    "maybe_euc_jp": _l(
        "文字コードが EUC-JP かもしれません。下の例が半角カナなどで読めないときは、"
        "文字コードを EUC-JP に変えてください。"
    ),
    "read_as_euc_jp": _l("文字コードは EUC-JP と判断しました。下の例が正しく読めることをご確認ください。"),
}

REASON_HEADING = _l("取り込まない理由")  # of the column we add to the rows a person takes home to mend


def row_reason(code: str) -> str:
    """Why a row or a number is not taken."""
    return str(PHONE_REASONS.get(code, code))


def file_trouble(code: str, context: Mapping[str, object]) -> str:
    """What is wrong with a file, why, and what to do."""
    return str(FILE_TROUBLES.get(code, code)) % {"line": "?", "maximum": "?", **context}


def headings_of_ours() -> set[str]:
    """Of columns that are ours and not the person's, in whatever language the file was taken home."""
    found = set()
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found.add(str(REASON_HEADING))
    return found
