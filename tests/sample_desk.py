"""Makes the sample desk of this repository: `python -m tests.sample_desk [FOLDER]`.

Each line of SCRIPT is a moment, who acts, and a desk command; `name=` before `open` keeps the
new ticket's id, which later lines call `@name`. The clock is the line's moment and ids are
drawn from a seeded generator, so that the same script always makes the same files.
"""

import contextlib
import io
import os
import random
import re
import shlex
import shutil
import sys
from pathlib import Path

from desk import cli, store

ROOT = Path(__file__).parent.parent

SCRIPT = """
2026-10-05T09:02 chen vpn= open "VPN drops every hour" --requester 李伟 --email li.wei@example.com --department Finance --category vpn --impact department --urgency high -d "Since Monday the VPN drops after an hour. Four colleagues see the same." --began 2026-10-05T08:00 --tag remote-work
2026-10-05T09:04 chen assign @vpn --to me
2026-10-05T09:10 chen note @vpn "Client log: idle timeout after 3600 s. Reinstalled the client, no change."
2026-10-05T09:20 chen escalate @vpn --to-team network --because "The gateway ends the session; needs its configuration."
2026-10-05T09:41 lin assign @vpn --to lin
2026-10-05T09:45 lin reply @vpn "您好，网关的空闲超时正在调整，中午前给您回复。"
2026-10-05T11:15 lin resolve @vpn --solution "Raised the idle timeout of the gateway from 60 minutes to 12 hours." --cause "A firmware update had reset the timeout." --code fixed --step "Compared the running configuration with the backup" --step "Set the timeout and watched three sessions" --config-change "vpn-gw1: idle-timeout 3600 -> 43200"
2026-10-05T16:00 chen close @vpn --confirmed
2026-10-06T08:30 chen survey @vpn --score 5 --comment "很快，谢谢！"
2026-10-05T10:12 sam vpn2= open "Connection lost when working from home" --requester "Ana Lopez" --email ana.lopez@example.com --department Sales --channel email --category vpn
2026-10-05T10:20 sam link @vpn2 duplicate-of @vpn
2026-10-06T14:05 chen toner= open "打印机卡纸" --requester 王芳 --department 人事部 --phone 8021 --channel walk-in --category printer -d "三楼打印机连续卡纸，已经清理两次。" --field asset=PRN-0312
2026-10-06T14:06 chen assign @toner --to chen
2026-10-06T14:40 chen note @toner "清理搓纸轮后仍卡纸，搓纸轮磨损。"
2026-10-06T14:45 chen escalate @toner --to-team printer-vendor --because "搓纸轮需要更换，在维保范围内。"
2026-10-06T14:50 chen hold @toner --for vendor --until 2026-10-08T12:00 --because "配件已下单"
2026-10-08T11:30 chen resume @toner
2026-10-08T11:32 chen resolve @toner --solution "更换搓纸轮，打印五十页测试正常。" --cause 搓纸轮磨损 --code by-vendor --part "搓纸轮 RM2-5741"
2026-10-08T15:00 chen close @toner --confirmed
2026-10-09T09:00 chen survey @toner --score 4
2026-10-07T08:55 sam reset= open "Password forgotten" --kind request --requester "Tom Becker" --email tom.becker@example.com --department Sales --category password
2026-10-07T08:58 sam resolve @reset --solution "Reset after a call back to the number on file." --code user-guidance
2026-10-07T09:30 sam close @reset --confirmed
2026-10-08T10:00 sam survey @reset --score 5 --comment "Two minutes!"
2026-10-12T07:40 omar disk= open "db1: /var 91 % full" --channel monitoring --category storage --impact organisation --urgency medium -d "WARNING disk /var 91 % of 200 GB" --team systems --field host=db1
2026-10-12T08:05 omar assign @disk --to omar
2026-10-12T08:30 omar resolve @disk --solution "Archived old logs and gave /var another 100 GB." --cause "Log rotation had stopped in September." --code fixed --config-change "db1: logrotate.timer enabled"
2026-10-13T08:00 omar close @disk
2026-10-20T07:20 omar reopen @disk --because "90 % again: the application writes debug logs."
2026-10-20T09:10 omar resolve @disk --solution "Set the application's log level back to warning." --cause "Debug logging was left on after a test." --code fixed
2026-10-21T09:00 zhao close @disk
2026-10-13T09:15 sam wifi= open "会议室无线网络很慢" --requester 刘洋 --email liu.yang@example.com --department 市场部 --channel chat --category wifi --impact department -d "二楼会议室，视频会议经常中断。" --tag meeting-room
2026-10-13T09:30 sam assign @wifi --team network
2026-10-13T10:05 lin assign @wifi --to lin
2026-10-13T11:40 lin hold @wifi --for change --until 2026-10-19T09:00 --because "新的接入点周末安装"
2026-10-19T09:20 lin resume @wifi
2026-10-19T09:40 lin resolve @wifi --solution "新增一个接入点并调整信道。" --code fixed --step "信道扫描" --step "安装接入点 AP-2-07"
2026-10-20T10:00 lin close @wifi --confirmed
2026-10-21T09:00 sam survey @wifi --score 4 --comment "比以前好多了"
2026-10-14T08:30 sam starter= open "New starter on 2 November" --kind request --requester "Grace Kim" --email grace.kim@example.com --department HR --channel web --category new-starter -d "Account, mailbox, laptop and badge for a new colleague in Sales." --urgency low
2026-10-14T08:40 sam laptop= open "Laptop for the new starter" --kind request --requester "Grace Kim" --department HR --channel web --category computer --urgency low
2026-10-14T08:41 sam mailbox= open "Account and mailbox for the new starter" --kind request --requester "Grace Kim" --department HR --channel web --category mailbox --urgency low
2026-10-14T08:42 sam link @laptop parent @starter
2026-10-14T08:42 sam link @mailbox parent @starter
2026-10-28T10:00 omar resolve @mailbox --solution "Account and mailbox created, groups as for Sales." --code fixed
2026-10-28T10:05 omar close @mailbox
2026-10-29T15:00 chen resolve @laptop --solution "Laptop PC-1107 installed and handed to HR." --code fixed --part "Laptop PC-1107"
2026-10-30T09:00 sam resolve @starter --solution "Everything is ready at the front desk." --code fixed
2026-11-02T17:00 sam close @starter --confirmed
2026-11-03T09:00 sam survey @starter --score 5
2026-10-15T13:22 chen excel= open "Excel 打开大文件时崩溃" --requester 陈静 --email chen.jing@example.com --department 财务部 --channel email --category office -d "打开超过 50 MB 的文件就崩溃，月底结账前必须解决。" --urgency high
2026-10-15T13:30 chen assign @excel --to chen
2026-10-15T14:10 chen reply @excel "请问您使用的是 32 位还是 64 位版本？"
2026-10-15T14:11 chen hold @excel --for requester --until 2026-10-19T09:00
2026-10-16T09:05 chen resume @excel
2026-10-16T10:00 chen resolve @excel --solution "安装 64 位版本后正常。" --cause "32 位版本内存不足" --code fixed
2026-10-19T09:30 chen reopen @excel --because "今天早上又崩溃了一次"
2026-10-19T09:45 zhao escalate @excel --up --because "结账期限是明天"
2026-10-19T11:00 zhao resolve @excel --solution "停用一个旧的加载项。" --cause "旧加载项与新版本冲突" --code fixed --step "安全模式下测试正常" --step "逐个停用加载项"
2026-10-20T17:00 zhao close @excel --confirmed
2026-10-21T08:30 zhao survey @excel --score 2 --comment "解决了，但是花了太长时间"
2026-10-21T09:10 zhao complaint= open "崩溃问题处理太慢" --kind complaint --requester 陈静 --department 财务部 --channel social --category office --assignee zhao -d "客户对处理时间不满意，见满意度调查。"
2026-10-21T09:12 zhao link @complaint caused-by @excel
2026-10-22T10:00 zhao reply @complaint "非常抱歉，我们已经增加了月底的值班人员。"
2026-10-22T10:05 zhao resolve @complaint --solution "与部门沟通，月底增加二线支持。" --code user-guidance
2026-10-29T10:05 zhao close @complaint
2026-10-22T08:15 sam mail= open "Nobody receives external mail" --requester "Iris Novak" --department Operations --category mailbox --impact organisation --urgency high -d "No mail from outside since about 07:30." --began 2026-10-22T07:30
2026-10-22T08:17 zhao classify @mail --major
2026-10-22T08:18 zhao assign @mail --to omar
2026-10-22T08:30 omar reply @mail "We are on it: mail from outside is delayed, nothing is lost. Next news at 09:00."
2026-10-22T09:00 omar reply @mail "The queue is being delivered now."
2026-10-22T09:20 omar resolve @mail --solution "Renewed the certificate of the mail gateway and flushed the queue." --cause "The certificate had expired." --code fixed
2026-10-22T12:00 zhao close @mail --confirmed
2026-10-23T09:00 zhao survey @mail --score 3 --comment "Good news updates, but why did it expire?"
2026-10-22T09:30 zhao certs= open "Certificates expire without notice" --kind problem --channel web --category operating-system --impact organisation --urgency low --assignee omar -d "Third certificate this year. Find a way that no certificate expires unseen."
2026-10-22T09:32 zhao link @mail caused-by @certs
2026-10-26T10:00 omar note @certs "Inventory: 14 certificates, 5 without an owner."
2026-11-02T10:00 omar hold @certs --for change --until 2026-11-30T09:00 --because "monitoring of expiry dates is a change"
2026-11-02T10:10 omar certmon= open "Watch the expiry of all certificates" --kind change --channel web --category operating-system --impact organisation --urgency low --assignee omar
2026-11-02T10:12 omar link @certs related @certmon
2026-10-26T11:00 chen cancelled= open "Monitor stays black" --requester "Paul Weber" --department Legal --category peripheral
2026-10-26T11:04 chen cancel @cancelled --because "The cable was loose; the caller found it while we spoke."
2026-10-27T15:30 sam share= open "需要访问共享文件夹" --kind request --requester 张伟 --email zhang.wei@example.com --department 法务部 --channel email --category permission -d "请开通 合同 文件夹的只读权限。"
2026-10-27T15:40 sam hold @share --for requester --because "需要部门经理批准" --until 2026-10-30T09:00
2026-10-29T09:10 sam resume @share
2026-10-29T09:15 sam resolve @share --solution "经理批准后已开通只读权限。" --code fixed
2026-11-05T09:15 sam close @share
2026-11-03T10:30 chen phone= open "Desk phone has no dial tone" --requester "Nina Rossi" --department Legal --phone 8114 --category phone
2026-11-03T10:50 chen resolve @phone --solution "Patched the port to the voice network." --code fixed
2026-11-10T11:00 chen close @phone
2026-11-04T16:20 sam report= open "Monthly report shows wrong totals" --requester "Ana Lopez" --department Sales --channel email --category report -d "The total of October does not include the last two days." --urgency high
2026-11-04T16:30 sam escalate @report --to-team systems --because "The report is made by the data team's job."
2026-11-05T09:00 omar assign @report --to omar
2026-11-05T11:30 omar resolve @report --solution "The job runs after the last booking of the month now." --cause "The job ran before the bookings of the last two days were in." --code fixed
2026-11-12T11:30 omar close @report
2026-11-13T10:00 sam survey @report --score 4
2026-11-05T08:50 chen restore= open "误删了项目文件夹" --kind request --requester 赵磊 --department 研发部 --channel phone --category restore --urgency high -d "昨天下午误删 项目A 文件夹，请从备份恢复。"
2026-11-05T09:30 omar assign @restore --to omar
2026-11-05T10:40 omar resolve @restore --solution "已从 11 月 4 日的备份恢复 1,204 个文件。" --code fixed
2026-11-06T09:00 omar close @restore --confirmed
2026-11-06T10:00 chen survey @restore --score 5 --comment "救了我一命"
2026-11-09T09:05 sam install= open "Please install the drawing program" --kind request --requester "Leo Martin" --department Design --channel web --category installation --urgency low
2026-11-09T09:20 sam resolve @install --solution "Installed from the software centre, licence assigned." --code fixed
2026-11-10T14:10 chen slow= open "电脑很慢" --requester 孙丽 --email sun.li@example.com --department 市场部 --channel walk-in --category computer -d "开机要十分钟。"
2026-11-10T14:30 chen assign @slow --to chen
2026-11-10T14:31 chen hold @slow --for requester --until 2026-11-24T09:00 --because "用户出差，下周带回电脑"
2026-11-11T08:20 sam webcam= open "Webcam is not found in meetings" --requester "Tom Becker" --department Sales --channel chat --category peripheral
2026-11-11T08:40 sam resolve @webcam --solution "Allowed the camera in the privacy settings." --code user-guidance --step "Checked the device in another program"
2026-11-12T09:00 sam reopen @webcam --because "Gone again after the restart."
2026-11-12T09:10 sam hold @webcam --for vendor --because "driver update announced for this month"
2026-11-16T09:30 zhao improve= open "A page with the ten most asked questions" --kind improvement --channel web --category office --impact organisation --urgency low --assignee sam -d "Many passwords and printers could be solved by the callers themselves."
2026-11-17T10:15 chen printer2= open "打印机脱机" --requester 王芳 --department 人事部 --phone 8021 --channel phone --category printer --field asset=PRN-0312
2026-11-18T08:02 sam internet= open "Branch office has no internet" --requester "Yuki Sato" --department Logistics --category internet --impact department --urgency high -d "All 12 people; the router's WAN light is red." --priority P1 --because "the customs declarations are due at noon"
2026-11-18T08:05 sam escalate @internet --to lin --because "line fault, needs the provider"
2026-11-18T08:20 lin note @internet "Provider's ticket 88-2041 is open; their line is down in the district."
2026-11-18T08:25 lin hold @internet --for vendor --until 2026-11-18T12:00
2026-11-18T13:30 lin resume @internet
2026-11-18T13:35 lin resolve @internet --solution "The provider repaired the line." --code by-vendor
2026-11-19T09:40 sam permission= open "Cannot open the expenses form" --requester "Nina Rossi" --email nina.rossi@example.com --department Legal --channel email --category permission -d "The browser says: access denied."
2026-11-19T14:00 chen wired= open "网口没有网络" --requester 周敏 --department 采购部 --channel phone --category wired
2026-11-19T14:20 chen assign @wired --team network
2026-11-20T08:30 sam upgrade= open "Upgrade the branch router" --kind change --channel web --category internet --impact department --urgency low --team network -d "Second uplink, so that one line may fail."
2026-11-20T08:32 sam link @upgrade follows @internet
2026-11-20T09:10 omar backup= open "Nightly backup of files1 failed" --channel monitoring --category backup --impact department --team systems --field host=files1 -d "ERROR files1: snapshot could not be made (exit 12)"
2026-11-20T12:00 zhao tick
"""

# They come last, so that no ticket's id depends on them. \n is a line break.
ARTICLES = r"""
2026-10-12T10:00 lin gateway= kb new "VPN drops after an hour" --audience public --category vpn --tag vpn,remote-work --language en --symptoms "The connection ends after 60 minutes, whatever you do." --cause "The gateway's idle timeout." --solution "Connect again; the timeout is 12 hours since October 2026.\nIf it still drops, call the service desk with the time at which it did.\n"
2026-10-12T10:05 lin kb submit @gateway
2026-10-12T10:40 zhao kb approve @gateway
2026-10-12T11:00 chen jam= kb new "打印机卡纸怎么办" --audience public --category printer --tag 打印机 --symptoms "打印机提示卡纸，或连续卡纸。" --solution "1. 打开后盖，沿出纸方向取出纸张。\n2. 用湿布清洁搓纸轮。\n3. 仍然卡纸请致电服务台，并告知机身上的资产编号。\n"
2026-10-12T11:05 chen kb submit @jam
2026-10-12T11:30 lin kb reject @jam --because "请写明先关闭电源。"
2026-10-12T13:40 chen kb edit @jam --set "solution=1. 关闭电源，打开后盖，沿出纸方向取出纸张。\n2. 用湿布清洁搓纸轮。\n3. 仍然卡纸请致电服务台，并告知机身上的资产编号。\n"
2026-10-12T13:42 chen kb submit @jam
2026-10-12T14:10 lin kb approve @jam
2026-10-12T15:00 zhao kb publish @jam
2026-10-22T14:00 omar certificate= kb new "When a certificate has expired" --category operating-system --tag certificate --language en --body "Check `openssl x509 -enddate`, renew, reload the service, flush queues.\n"
2026-10-23T10:00 zhao plan= kb new "Plan for a major incident" --category software --tag major-incident --language en --body "1. One person leads and does nothing else; another one writes the news.\n2. Tell the service desk what callers may be told; news every 30 minutes.\n3. Open a problem once it works again, and link it.\n"
2026-10-23T10:01 zhao kb submit @plan
2026-10-23T10:30 lin kb approve @plan
2026-10-23T10:45 zhao kb publish @plan
2026-11-09T16:00 sam kb helpful @jam
2026-11-18T15:20 omar kb unhelpful @gateway --because "The branch office has a gateway of its own, with another timeout."
"""


def make(folder: Path) -> None:
    """Make the sample desk's tickets and articles in `folder`, which has desk.yaml already."""
    drawn = random.Random(7)
    store.random_number = lambda: drawn.getrandbits(25)
    ids: dict[str, str] = {}
    for script in (SCRIPT, ARTICLES):
        lines = [line for line in script.splitlines() if line]
        for line in sorted(lines, key=lambda line: line.partition(" ")[0]):
            _follow(line, folder, ids)


def _follow(line: str, folder: Path, ids: dict[str, str]) -> None:
    """Run a line of a script; `ids` are those of the records that have a name."""
    moment, who, rest = line.split(" ", 2)
    name = re.match(r"(\w+)= ", rest)
    words = shlex.split(
        re.sub(r"(?<!\w)@(\w+)", lambda m: ids[m[1]], rest[name.end() if name else 0 :])
    )
    words = [word.replace("\\n", "\n") for word in words]
    out = _run(["-C", str(folder), "--now", f"{moment}:00+08:00", "--as", who, *words])
    if name:
        ids[name[1]] = out.strip()


def _run(arguments: list[str]) -> str:
    out, said = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
        code = cli.run(arguments)
    if code:
        raise SystemExit(f"desk {shlex.join(arguments)} ended with {code}: {said.getvalue()}")
    return out.getvalue()


def main() -> None:
    """Replace the sample in the repository, or make it in the folder that is named."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT
    for name in ("tickets", "kb"):
        shutil.rmtree(folder / name, ignore_errors=True)
    os.environ.pop("DESK_DIR", None)
    make(folder)


if __name__ == "__main__":
    main()
