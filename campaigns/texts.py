"""One table of texts for codes kept in rows: what happened, why, and what to do, in the reader's language."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import gettext_noop, pgettext_lazy

# Why a message is where it is.
MESSAGE_REASONS = {
    "opted_out": _l("配信停止の申し出があるため送りません。"),
    "no_consent": _l("広告・宣伝に必要な同意の記録がないため送りません。"),
    "recently_texted": _l("近い日に別の広告を送ったか、送る予定のため送りません。"),
    "not_for_this_vendor": _l("この配信事業者では送信不可の番号です。"),
    "missing_value": _l("差し込み項目の値がないため送りません。連絡先に値を入れるか、本文に既定値を付けてください。"),
    "unsendable_character": _l("この配信事業者では届かない文字(絵文字や一部の漢字など)があるため送れません。"),
    "body_too_long": _l("差し込み後の本文が長すぎるため送れません。"),
    "deadline_passed": _l("送信限度日時を過ぎたため送りませんでした。"),
    "stopped": _l("配信が停止されたため送りませんでした。"),
    "erased": _l("個人情報を消去したため送りませんでした。"),
    "contact_deleted": _l("連絡先が削除されたため送りませんでした。"),
    "never_taken": _l("配信事業者に届いていませんでした。送信されていません。必要なら、もう一度配信してください。"),
    "worker_lost": _l("送信の途中で処理が中断しました。送られたかどうかを配信事業者に確認しています。"),
    "no_answer": _l("配信事業者の返事が届きませんでした。送られたかどうかを確認しています。"),
    "unreadable_reply": _l("配信事業者の返事を読み取れませんでした。送られたかどうかを確認しています。"),
    "duplicate_reference": _l("配信事業者に同じ管理番号の送信がありました。管理者が内容をご確認ください。"),
    "refused": _l("配信事業者が受け付けませんでした。"),
    "recipient_invalid": _l("配信事業者が、番号が正しくないと答えました。"),
    "recipient_opted_out": _l("配信事業者の側で受信拒否に登録されています。"),
    "body_invalid": _l("配信事業者が、本文に使えない文字があると答えました。"),
    "schedule_invalid": _l("配信事業者が、予約日時を受け付けませんでした。"),
    "number_dead": _l("現在使われていない番号です。"),
    "out_of_reach": _l("圏外または電源が入っていないため届きませんでした。"),
    "blocked_by_recipient": _l("端末の受信拒否設定などのため届きませんでした。"),
    "congestion": _l("携帯会社の混雑のため届きませんでした。"),
    "expired": _l("携帯会社の再送期限が過ぎました。"),
    "undelivered": _l("携帯会社から、届かなかったと知らせがありました。"),
    "cancelled": _l("配信事業者で取り消されました。"),
    "unexpected_status": _l("配信事業者から思いがけない返事がありました。送られたかどうかを確認しています。"),
    "validity_invalid": _l("配信事業者が、送信限度日時を受け付けませんでした。"),
    "recipient_not_allowed": _l("配信事業者との契約で、送信を許可されていない宛先です。"),
    "no_route": _l("配信事業者に、この番号へ届ける経路がありません。"),
    "not_sent": _l("配信事業者が受け付けたあと、送信できませんでした。"),
    "refused_unlisted": _l(
        "配信事業者が、仕様書にない理由で受け付けませんでした。回答の番号を、管理者から配信事業者にご確認ください。"
    ),
}

# Trouble with an account or its connection.
ACCOUNT_TROUBLES = {
    "account_refused": _l("配信事業者が接続を拒否しました。認証情報(トークンなど)と、接続元IPの制限をご確認ください。"),
    "quota_used_up": _l("契約の送信上限に達しました。配信事業者にご確認ください。"),
    "switched_off": _l("管理者が、この接続先の使用を停止しています。"),
    "insecure_address": _l("接続先URLは https で始まる必要があります。"),
    "not_reached": _l("配信事業者に接続できません。ネットワークと接続先URLをご確認ください。自動で再試行します。"),
    "throttled": _l("配信事業者が混み合っています。間隔をあけて自動で続けます。"),
    "reply_too_large": _l("配信事業者の返事が大きすぎるため、読み取りを中止しました。"),
    "credentials_refused": _l(
        "配信事業者が認証情報(トークンなど)を受け付けませんでした。接続先の設定の確認を、管理者に依頼してください。"
    ),
    "access_refused": _l("配信事業者が接続を拒否しました。接続元IPの制限と契約の内容をご確認ください。"),
    "sender_refused": _l("配信事業者が送信元番号を受け付けませんでした。送信元番号の登録をご確認ください。"),
    "address_not_found": _l("接続先URLに、配信事業者の窓口が見つかりません。接続先URLをご確認ください。"),
    "call_refused": _l("配信事業者が、この照会を受け付けませんでした。契約の内容をご確認ください。"),
    "system_error": _l("配信事業者の側で障害が起きています。しばらくしてから、もう一度お試しください。"),
    "version_refused": _l("配信事業者が、指定したAPIのバージョンを受け付けませんでした。管理画面でご確認ください。"),
    "callback_refused": _l(
        "配信事業者が、配信結果の通知先URLを受け付けませんでした。このポータルの公開URLをご確認ください。"
    ),
    "wrong_product": _l("別のサービス用のキーです。このサービス用のキーを、管理画面で入れてください。"),
    "not_set_up": _l("この機能に使う認証情報が入っていません。管理画面で入れてください。"),
    "report_refused": _l(
        "配信結果の照会が、この契約では使えません。結果は通知だけで受け取ります。契約の内容をご確認ください。"
    ),
    "link_refused": _l("ファイルの受け渡しに使うURLの期限が切れています。もう一度お試しください。"),
    "webhook_refused": _l("配信事業者からの通知として読み取れない内容が届きました。"),
    "already_started": _l("このファイルの一括送信は、すでに始まっています。"),
    "provider_error": _l("配信事業者とのやり取りに失敗しました。しばらくしてから、もう一度お試しください。"),
}

# The same codes where a person asked the vendor something and waits: no message is in doubt.
QUESTION_TROUBLES = {
    "not_reached": _l("配信事業者に接続できません。ネットワークと接続先URLをご確認ください。"),
    "throttled": _l("配信事業者が混み合っています。1分ほど待ってから、もう一度お試しください。"),
    "no_answer": _l("配信事業者から返事がありませんでした。しばらくしてから、もう一度お試しください。"),
    "unreadable_reply": _l("配信事業者の返事を読み取れませんでした。接続先URLをご確認ください。"),
    "unexpected_status": _l("配信事業者から思いがけない返事がありました。しばらくしてから、もう一度お試しください。"),
}

# What is wrong or risky in a text. %(found)s is the place.
FINDINGS = {
    "unclosed": _l("差し込み項目が「}}」で閉じられていません: %(found)s"),
    "unopened": _l("差し込み項目の始まり「{{」がありません: %(found)s"),
    "empty_name": _l("差し込み項目の名前が空です: %(found)s"),
    "empty_default": _l("差し込み項目の既定値が空です: %(found)s"),
    "full_width_braces": _l("差し込み項目のかっこが全角です。半角の {{ }} にしてください: %(found)s"),
    "full_width_bar": _l("差し込み項目の区切りが全角です。半角の | にしてください: %(found)s"),
    "sender_missing": _l("広告・宣伝の本文には、送信者の名称(運用設定の組織名)を入れてください。"),
    "opt_out_address_missing": _l("広告・宣伝の本文には、配信停止を受け付けるURLまたは連絡先を入れてください。"),
    "opt_out_note_missing": _l("広告・宣伝の本文には、配信停止できることを書いてください。例: 配信停止はこちら"),
    "half_width_kana": _l("半角カナがあります。全角にすると確実に表示されます: %(found)s"),
    "platform_dependent": _l("環境依存文字があります。端末によっては正しく表示されません: %(found)s"),
    "must_be_removed": _l("この接続先では送れない文字があります。取り除いてください: %(found)s"),
    "may_not_arrive": _l("届かない・文字化けのおそれがある文字があります: %(found)s"),
    "shortener": _l("一般の短縮URLは迷惑メールと間違われやすいため、自社のURLをおすすめします: %(found)s"),
    "unknown_host": _l("自社のURLの一覧にないホスト名です: %(found)s"),
}

# Subject and first sentence of a mail, by the kind of notice.
NOTICES = {
    "requested": (
        _l("承認のお願い: %(name)s"),
        _l("配信の承認を依頼されています。内容を確かめ、承認するか差し戻してください。"),
    ),
    "approved": (_l("承認されました: %(name)s"), _l("依頼した配信が承認されました。")),
    "returned": (_l("差し戻されました: %(name)s"), _l("依頼した配信が差し戻されました。理由は画面に表示しています。")),
    "held": (
        _l("配信が止まっています: %(name)s"),
        _l("配信が保留になりました。人が再開するまで、残りは送られません。"),
    ),
}

# Acts in 操作履歴.
VERBS = {
    "campaign_created": _l("下書きを作成"),
    "campaign_edited": _l("下書きを編集"),
    "campaign_requested": _l("承認を依頼"),
    "campaign_approved": _l("承認"),
    "campaign_returned": _l("差し戻し"),
    "campaign_withdrawn": _l("依頼を取り下げ"),
    "campaign_launched": _l("送信・予約を決定"),
    "campaign_rescheduled": _l("予約日時を変更"),
    "campaign_stopped": _l("停止・取消"),
    "campaign_paused": _l("一時停止"),
    "campaign_resumed": _l("再開"),
    "campaign_kept": _l("番号と本文を消去しないと決定"),
    "campaign_not_kept": _l("番号と本文を消去しない決定を取消"),
    "messages_forgotten": _l("保存期間を過ぎた番号と本文を消去"),
    "campaign_deleted": _l("下書きを削除"),
    "template_created": _l("定型文を作成"),
    "template_edited": _l("定型文を編集"),
    "template_restored": _l("定型文を以前の版に戻した"),
    "template_deleted": _l("定型文を削除"),
    "campaign_tried": _l("テスト送信"),
    "contact_created": _l("連絡先を追加"),
    "contact_edited": _l("連絡先を編集"),
    "contact_deleted": _l("連絡先を削除"),
    "contact_erased": _l("連絡先の個人情報を消去"),
    "person_exported": _l("1人のデータを出力"),
    "contacts_exported": _l("連絡先をCSV出力"),
    "list_created": _l("配信リストを作成"),
    "list_edited": _l("配信リストを編集"),
    "list_deleted": _l("配信リストを削除"),
    "members_added": _l("配信リストに追加"),
    "members_removed": _l("配信リストから外す"),
    "import_started": _l("CSV取込を開始"),
    "import_finished": _l("CSV取込を完了"),
    "import_cancelled": _l("CSV取込を取消"),
    "import_undone": _l("CSV取込を元に戻す"),
    "left_out_exported": _l("取り込まない行をCSV出力"),
    "suppressed": _l("配信停止に登録"),
    "suppression_lifted": _l("配信停止を解除"),
    "suppressions_exported": _l("配信停止をCSV出力"),
    "activity_exported": _l("操作履歴をCSV出力"),
    "messages_exported": _l("送信履歴をCSV出力"),
    "counts_exported": _l("通数集計をCSV出力"),
    "settings_added": _l("設定を追加"),
    "settings_changed": _l("設定を変更"),
    "settings_deleted": _l("設定を削除"),
    "account_checked": _l("接続を確認"),
    "url_shortened": _l("短縮URLを作成"),
    "cleaning_started": _l("電話番号クリーニングを開始"),
    "cleaning_finished": _l("電話番号クリーニングを完了"),
    "cleaning_cancelled": _l("電話番号クリーニングを中止"),
    "callback_key_rotated": _l("通知先の鍵を替える"),
    "callback_key_retired": _l("通知先の古い鍵を止める"),
    "password_set": _l("利用者のパスワードを設定"),
    "signed_in": pgettext_lazy("act", "ログイン"),
    "sign_in_failed": _l("ログインに失敗"),
    "second_factor_failed": _l("2段階認証のコードに失敗"),
    "signed_out": pgettext_lazy("act", "ログアウト"),
    "session_ended": _l("ほかの端末をログアウト"),
    "password_changed": _l("パスワードを変更"),
    "password_reset": _l("パスワードを再設定"),
    "authenticator_added": _l("2段階認証(認証アプリ)を設定"),
    "authenticator_removed": _l("2段階認証(認証アプリ)を解除"),
    "passkey_added": _l("パスキーを登録"),
    "passkey_removed": _l("パスキーを削除"),
    "recovery_codes_made": _l("リカバリーコードを作り直し"),
    "second_factor_forgotten": _l("利用者の2段階認証を解除"),
}

# What the details of an act are called.
DETAILS = {
    "recipients": _l("宛先数"),
    "parts": _l("見込み通数"),
    "yen": _l("見込み金額"),
    "left": _l("送信済み"),
    "recalled": _l("取り消した宛先"),
    "method": _l("同意方法"),
    "consented_at": _l("同意日時"),
    "fields": _l("変更した項目"),
    "reason": _l("理由"),
    "source": _l("経路"),
    "taken": _l("取り込める行"),
    "new": _l("新規"),
    "known": _l("登録済み"),
    "repeated": _l("ファイル内の重複"),
    "rejected": _l("エラー行"),
    "repaired": _l("番号の補正"),
    "stopped": _l("配信停止中"),
    "opts_out": _l("ファイルの配信停止"),
    "added": _l("新しく登録"),
    "existing": _l("登録済みだった連絡先"),
    "newly_stopped": _l("配信停止に登録"),
    "mended": _l("直した行"),
    "persons": _l("人数"),
    "rows": _l("行数"),
    "month": _l("月"),
    "credentials": _l("入力し直した認証情報"),
    "result": _l("結果"),
    "changed": _l("名義変更あり"),
    "same": _l("変更なし"),
    "no_verdict": _l("判定できず"),
    "url": _l("短縮URL"),
    "from_address": _l("接続元"),
}

# The roles of services/people.py: a name, and what it lets one do.
ROLES = {
    "viewer": (_l("閲覧者"), _l("見るだけ。電話番号は一部を伏せて表示")),
    "operator": (_l("担当者"), _l("連絡先と配信の作成、送信・承認依頼、停止")),
    "approver": (pgettext_lazy("role", "承認者"), _l("配信の承認と停止")),
    "accountant": (_l("経理担当"), _l("通数集計、CSV出力")),
    "administrator": (_l("管理者"), _l("すべての操作とこの管理画面")),
}

# Public holidays by the words of the calendar library; a day moved off a Sunday is named by two of them.
HOLIDAYS = frozenset(
    [
        gettext_noop("元日"),
        gettext_noop("成人の日"),
        gettext_noop("建国記念の日"),
        gettext_noop("天皇誕生日"),
        gettext_noop("春分の日"),
        gettext_noop("昭和の日"),
        gettext_noop("憲法記念日"),
        gettext_noop("みどりの日"),
        gettext_noop("こどもの日"),
        gettext_noop("海の日"),
        gettext_noop("山の日"),
        gettext_noop("敬老の日"),
        gettext_noop("秋分の日"),
        gettext_noop("スポーツの日"),
        gettext_noop("文化の日"),
        gettext_noop("勤労感謝の日"),
        gettext_noop("国民の休日"),
        gettext_noop("振替休日"),
    ]
)

CARRIERS = {
    "docomo": _l("NTTドコモ"),
    "au": _l("au"),
    "softbank": _l("ソフトバンク"),
    "rakuten": _l("楽天モバイル"),
}

_REASONS = MESSAGE_REASONS | ACCOUNT_TROUBLES
_QUESTION_TROUBLES = ACCOUNT_TROUBLES | QUESTION_TROUBLES


def reason_text(code: str) -> str:
    """The sentence for a reason or trouble; a code without one is shown as it is, never hidden."""
    return str(_REASONS.get(code, code))


def notice_text(kind: str) -> tuple[str, str]:
    """Subject, with a place for the campaign's name, and first sentence."""
    subject, sentence = NOTICES[kind]
    return str(subject), str(sentence)


def finding_text(code: str, found: str = "") -> str:
    return str(FINDINGS.get(code, code)) % {"found": found}


def verb_text(code: str) -> str:
    return str(VERBS.get(code, code))


def trouble_text(code: str) -> str:
    """The sentence for a ProviderError met while asking the vendor: a connection check, a comparison, a count."""
    return str(_QUESTION_TROUBLES.get(code, code))


def detail_text(name: str) -> str:
    return str(DETAILS.get(name, name))


def role_text(role: str) -> str:
    return str(ROLES[role][0]) if role in ROLES else role


def holiday_text(name: str) -> str:
    return " ".join(_(word) if word in HOLIDAYS else word for word in name.split())


def carrier_text(code: str) -> str:
    return str(CARRIERS.get(code, code))


def vendor_answer(code: str, text: str) -> str:
    """What the vendor itself said, for those who talk to its support."""
    return _("配信事業者の回答: %(code)s %(text)s") % {"code": code, "text": text} if code else ""
