"""What is said on the generated desks: two languages, filled in from a seeded generator.

In a text `{asset}`, `{host}`, `{room}`, `{name}`, `{count}`, `{code}` and `{version}` are drawn
anew each time, so that a full-text index meets as many different words as on a real desk.
"""

import random
from dataclasses import dataclass

ENGLISH, CHINESE = "en", "zh"


def _words(text: str) -> list[str]:
    return text.split()


_GIVEN = _words("""
Ada Alan Alice Amir Ana Ben Carla Carlos Chiara Clara David Diego Elena Emma
Erik Eva Fatima Felix Grace Hana Hugo Ida Igor Ines Ivan Jack Jana Jonas
Julia Karim Kate Lara Leo Lena Luca Lucy Maria Mark Marta Max Maya Mia Milan
Nadia Nina Noah Nora Olga Oscar Paul Petra Rosa Sara Sven Tara Tom Vera
Victor Yuki Zoe
""")
_FAMILY = _words("""
Adams Baker Becker Bauer Berg Bianchi Brown Costa Cruz Diaz Evans Fischer
Fontana Garcia Grant Haddad Hansen Hill Horvat Ito Jensen Kaya Keller Khan
Kim King Kowalski Laine Lang Lopez Martin Mendes Meyer Moreau Murphy Nagy
Novak Okafor Olsen Park Patel Porter Reed Ricci Rossi Sato Schmidt Silva
Singh Sousa Tanaka Turner Vega Vogel Walker Weber Wilson Young Zeller Zimmer
""")
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓"
    "冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任𠮷"
)
_NAMES = _words("""
伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 秀英 霞 平 刚 桂英 建国 志强 晓明 海燕 文博
雨桐 子涵 欣怡 浩然 思远 佳琪 国栋 春梅 玉兰 俊杰 雪梅 立新 少华
""")
DEPARTMENTS = {
    ENGLISH: _words("Finance Sales Legal Logistics Operations Design Purchasing HR Research"),
    CHINESE: _words("财务部 销售部 法务部 物流部 运营部 设计部 采购部 市场部 人事部 研发部"),
}

# For each category what callers say that it is about.
TITLES: dict[str, dict[str, list[str]]] = {
    "hardware/computer": {
        ENGLISH: ["Laptop {asset} does not start", "Computer very slow since the update",
                  "Blue screen {code} on {asset}", "Battery of {asset} lasts {count} minutes"],
        CHINESE: ["电脑 {asset} 无法开机", "电脑更新后很慢", "笔记本蓝屏 {code}"],
    },
    "hardware/printer": {
        ENGLISH: ["Printer jam in {room}", "Printer {asset} prints blank pages",
                  "Cannot print from the browser", "Printer offline on floor {count}"],
        CHINESE: ["打印机 {asset} 卡纸", "打印机脱机，{room}", "打印出来是空白页"],
    },
    "hardware/phone": {
        ENGLISH: ["Desk phone without dial tone", "Headset crackles in calls",
                  "Voicemail PIN locked"],
        CHINESE: ["座机没有拨号音", "耳机有杂音"],
    },
    "hardware/peripheral": {
        ENGLISH: ["Second monitor stays black", "Docking station {asset} loses the network",
                  "Keyboard types the wrong letters"],
        CHINESE: ["显示器黑屏", "扩展坞 {asset} 掉线"],
    },
    "software/office": {
        ENGLISH: ["Spreadsheet crashes with large files", "Macro refuses to run: {code}",
                  "Shared document is locked by {name}"],
        CHINESE: ["Excel 打开大文件时崩溃", "共享文档被 {name} 锁定"],
    },
    "software/business": {
        ENGLISH: ["ERP shows error {code} when booking", "Invoice {count} cannot be released",
                  "Time sheet is not saved"],
        CHINESE: ["ERP 过账报错 {code}", "发票 {count} 无法提交"],
    },
    "software/operating-system": {
        ENGLISH: ["Update {version} fails with {code}", "Clock of {host} is wrong",
                  "Disk of {host} is {count} % full"],
        CHINESE: ["系统更新 {version} 失败", "{host} 磁盘空间不足"],
    },
    "software/installation": {
        ENGLISH: ["Please install the drawing program {version}", "Licence expired on {asset}"],
        CHINESE: ["请安装绘图软件 {version}", "{asset} 软件许可证过期"],
    },
    "network/vpn": {
        ENGLISH: ["VPN drops every hour", "VPN asks for the password again and again",
                  "No route to {host} over VPN"],
        CHINESE: ["VPN 每小时断线", "VPN 无法连接 {host}"],
    },
    "network/wifi": {
        ENGLISH: ["Wi-Fi is slow in {room}", "Tablet {asset} finds no wireless network"],
        CHINESE: ["{room} 无线网络很慢", "会议室无线网络连不上"],
    },
    "network/wired": {
        ENGLISH: ["No network at the socket in {room}", "Switch {host} reboots"],
        CHINESE: ["{room} 网口没有网络", "交换机 {host} 重启"],
    },
    "network/internet": {
        ENGLISH: ["Branch office has no internet", "Page of a customer is blocked: {code}"],
        CHINESE: ["分公司无法上网", "客户网站被拦截 {code}"],
    },
    "account/password": {
        ENGLISH: ["Password forgotten", "Account locked after {count} attempts"],
        CHINESE: ["忘记密码", "账号输错 {count} 次被锁定"],
    },
    "account/permission": {
        ENGLISH: ["Access to folder of {name} needed", "Approval rights in the ERP"],
        CHINESE: ["申请共享文件夹权限", "需要 ERP 审批权限"],
    },
    "account/mailbox": {
        ENGLISH: ["Mailbox is full", "Mail to {name} bounces with {code}"],
        CHINESE: ["邮箱已满", "给 {name} 的邮件被退回 {code}"],
    },
    "account/new-starter": {
        ENGLISH: ["New starter {name}: account and laptop", "Badge for {name}"],
        CHINESE: ["新员工 {name} 入职准备", "为 {name} 开通账号"],
    },
    "data/backup": {
        ENGLISH: ["Nightly backup of {host} failed: {code}", "Backup tape {count} unreadable"],
        CHINESE: ["{host} 夜间备份失败 {code}", "备份磁带 {count} 无法读取"],
    },
    "data/restore": {
        ENGLISH: ["Restore a deleted folder from yesterday", "File overwritten by {name}"],
        CHINESE: ["误删文件夹，请恢复", "文件被 {name} 覆盖"],
    },
    "data/report": {
        ENGLISH: ["Monthly report shows wrong totals", "Dashboard {count} stays empty"],
        CHINESE: ["月报数据不对", "仪表盘 {count} 没有数据"],
    },
    "data/storage": {
        ENGLISH: ["Quota of {room} reached", "Share on {host} is slow"],
        CHINESE: ["{room} 存储配额已满", "{host} 共享盘很慢"],
    },
}  # fmt: skip

DESCRIPTION = {
    ENGLISH: [
        "It began this morning at about {count} minutes past eight and has not stopped since.",
        "{name} in {room} sees the same, so it is not only my machine.",
        "The message is {code}; a screenshot is in the mail.",
        "I restarted {asset} twice, which helped for {count} minutes each time.",
        "We need it before the end of the day, the customer is waiting for our answer.",
        "It worked last week, before version {version} was installed.",
        "The device stands in {room}, its number is {asset}.",
        "Nothing was changed here that I know of, but {host} was serviced at the weekend.",
        "I can work around it with the computer of {name}, but not for long.",
        "Please call before you come, the room is often used for meetings.",
        "About {count} people are concerned, most of them on the second floor.",
        "It happens with every file, small or large, and in both browsers.",
    ],
    CHINESE: [
        "今天早上开始出现，到现在一直没有恢复。",
        "{room} 的{name}也遇到同样的问题，不只是我的电脑。",
        "错误代码是 {code}，截图已经发到邮箱。",
        "设备 {asset} 已经重启两次，每次只能维持 {count} 分钟。",
        "今天下班之前需要用，客户在等我们的答复。",
        "上周还是好的，安装 {version} 之后就不行了。",
        "设备在 {room}，资产编号 {asset}。",
        "我们这边没有改动，听说周末 {host} 做过维护。",
        "暂时借用{name}的电脑，但是不能一直这样。",
        "来之前请先打电话，会议室经常有人。",
        "大约影响 {count} 个人，大部分在二楼。",
        "不管文件大小都一样，换浏览器也没有用。",
    ],
}
NOTES = {
    ENGLISH: [
        "Called back, nobody answered; tried again at noon and left a message.",
        "Event log of {asset} shows {code} {count} times since Monday.",
        "Compared the configuration of {host} with the backup of last week: no difference.",
        "Cleaned the rollers and printed {count} pages, still a paper jam now and then.",
        "Same symptom as with {name} in {room}; probably one cause.",
        "Updated the driver to {version} and asked for a test.",
        "Remote session: profile rebuilt, cache emptied, problem seen once more.",
        "Moved the device to another port of {host}; link is stable at the moment.",
        "The vendor wants the serial number and the log of the last {count} hours.",
        "Memory test of {asset} passed without an error.",
    ],
    CHINESE: [
        "回电无人接听，中午再次联系并留言。",
        "{asset} 的事件日志中自周一起出现 {code} 共 {count} 次。",
        "对比 {host} 配置与上周备份，没有差异。",
        "清理搓纸轮后打印 {count} 页，偶尔仍然卡纸。",
        "与 {room} {name}的现象相同，可能是同一个原因。",
        "驱动更新到 {version}，请用户测试。",
        "远程处理：重建配置文件，清空缓存，问题再次出现。",
        "换到 {host} 的另一个端口，目前稳定。",
        "厂商需要序列号和最近 {count} 小时的日志。",
    ],
}
REPLIES = {
    ENGLISH: [
        "We are on it and will be with you within {count} minutes.",
        "Could you tell us which version you use and since when you see {code}?",
        "Please leave {asset} switched on tonight, so that we can look at it from here.",
        "A replacement is ordered; until it comes please use the device in {room}.",
        "Thank you for the details. A colleague of the next tier looks at it now.",
    ],
    CHINESE: [
        "您好，我们正在处理，{count} 分钟内给您答复。",
        "请问您使用的是哪个版本，从什么时候开始出现 {code}？",
        "今晚请不要关闭 {asset}，我们会远程检查。",
        "备件已经订购，到货之前请使用 {room} 的设备。",
        "感谢您提供的信息，二线工程师正在查看。",
    ],
}
SOLUTIONS = {
    ENGLISH: [
        "Replaced the worn part of {asset}; test with {count} pages was good.",
        "Reset the profile and installed version {version}; the caller confirmed that it works.",
        "Raised the idle timeout on {host} and watched {count} sessions.",
        "Restored the files from the backup of {host} and compared the sums.",
        "Gave the group of {room} the rights that were missing, after approval by {name}.",
        "Explained how to do it and sent the article.",
        "Renewed the certificate of {host} and restarted the service.",
    ],
    CHINESE: [
        "更换 {asset} 的磨损部件，测试 {count} 页正常。",
        "重置配置并安装 {version}，用户确认恢复。",
        "调整 {host} 的空闲超时，观察 {count} 个会话正常。",
        "从 {host} 的备份恢复文件，校验一致。",
        "{name}批准后已为 {room} 开通权限。",
        "已说明操作方法并发送知识文章。",
    ],
}
CAUSES = {
    ENGLISH: ["Worn rollers", "A firmware update had reset the timeout", "Full disk on {host}",
              "Expired certificate of {host}", "Driver older than {version}",
              "Loose cable in {room}"],
    CHINESE: ["搓纸轮磨损", "固件升级后超时被重置", "{host} 磁盘已满", "证书过期",
              "{room} 网线松动"],
}  # fmt: skip
REASONS = {
    ENGLISH: ["Waiting for the answer about {asset}", "Part ordered, {count} days to delivery",
              "The change on {host} is planned for the weekend"],
    CHINESE: ["等待用户确认 {asset}", "配件已下单，{count} 天到货", "{host} 的变更安排在周末"],
}  # fmt: skip
COMMENTS = {
    ENGLISH: ["Quick and friendly, thank you", "It took {count} hours too long", "All good"],
    CHINESE: ["很快，谢谢！", "解决了，但是等了 {count} 个小时", "服务很好"],
}
TAGS = _words("remote-work meeting-room month-end recurring vip branch warranty security")


@dataclass(frozen=True)
class Voice:
    """Speaks one language with what `draw` brings up."""

    draw: random.Random
    language: str

    def say(self, texts: dict[str, list[str]], times: int = 1) -> str:
        """So many different ones of these texts, filled in."""
        chosen = self.draw.sample(texts[self.language], times)
        between = "" if self.language == CHINESE else " "
        return between.join(self._filled(text) for text in chosen)

    def description(self) -> str:
        """Two to six sentences, one time in four with an excerpt of a log below."""
        text = self.say(DESCRIPTION, self.draw.randrange(2, 7))
        if self.draw.random() < 0.75:
            return text
        lines = (self._filled("ERROR {host} {code}: retry {count}") for _ in range(4))
        return "\n".join((text, "", *lines, ""))

    def name(self) -> str:
        """A person's name."""
        if self.language == CHINESE:
            return self.draw.choice(_SURNAMES) + self.draw.choice(_NAMES)
        return f"{self.draw.choice(_GIVEN)} {self.draw.choice(_FAMILY)}"

    def department(self) -> str:
        """Where somebody works."""
        return self.draw.choice(DEPARTMENTS[self.language])

    def asset(self) -> str:
        """The number on a device."""
        return f"PC-{self.draw.randrange(10_000, 100_000)}"

    def _filled(self, text: str) -> str:
        if "{" not in text:
            return text
        number = self.draw.randrange
        return text.format(
            asset=self.asset(),
            host=f"srv{number(1, 400)}",
            room=f"{'ABCD'[number(4)]}{number(1, 6)}-{number(100, 140)}",
            name=self.name(),
            count=number(2, 98),
            code=f"0x{number(1 << 32):08X}",
            version=f"{number(1, 24)}.{number(40)}.{number(400)}",
        )
