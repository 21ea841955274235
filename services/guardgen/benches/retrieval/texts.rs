//! Events as agents have them: templates of a dozen domains, with names, places, numbers and turns of phrase that vary.

/// What the user asked and what the agent did.
pub(crate) struct Text {
    pub(crate) input: String,
    pub(crate) output: String,
}

/// A small deterministic generator (SplitMix64), so that every run measures the same.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }

    /// `text` with one to four characters replaced, removed or doubled.
    pub(crate) fn edited(&mut self, text: &str) -> String {
        let mut chars: Vec<char> = text.chars().collect();
        for _ in 0..1 + self.below(4) {
            if chars.is_empty() {
                break;
            }
            let at = self.below(chars.len());
            match self.below(3) {
                0 => chars[at] = 'x',
                1 => drop(chars.remove(at)),
                _ => chars.insert(at, chars[at]),
            }
        }
        chars.into_iter().collect()
    }
}

const FIRST: &[&str] = &[
    "Ann", "Ben", "Carla", "Dmitri", "Elena", "Farid", "Grace", "Hiro", "Ines", "Jonas", "Kavita", "Liam", "Mei",
    "Noah", "Olga", "Pablo", "Quinn", "Rosa", "Samir", "Tuuli", "Uma", "Viktor", "Wanda", "Xavier", "Yara", "Zoran",
];
const LAST: &[&str] = &[
    "Abbott", "Baker", "Castillo", "Dahl", "Eriksen", "Fischer", "Garcia", "Hansen", "Ivanov", "Jansen", "Kumar",
    "Lopez", "Meyer", "Nakamura", "Okafor", "Petrov", "Quist", "Rossi", "Schmidt", "Tanaka", "Ueda", "Vargas", "Weber",
    "Yilmaz",
];
const CITY: &[&str] = &[
    "Oslo",
    "Lisbon",
    "Denver",
    "Kyoto",
    "Cape Town",
    "Lyon",
    "Porto",
    "Graz",
    "Austin",
    "Bergen",
    "Malmo",
    "Turin",
    "Leeds",
    "Ghent",
    "Tampere",
    "Quito",
    "Hanoi",
    "Perth",
    "Halifax",
    "Zagreb",
];
const DRUG: &[&str] = &[
    "metformin",
    "lisinopril",
    "warfarin",
    "amoxicillin",
    "atorvastatin",
    "insulin",
    "heparin",
    "ibuprofen",
    "morphine",
    "prednisone",
    "furosemide",
    "digoxin",
];
const ITEM: &[&str] = &[
    "running shoes",
    "a rain jacket",
    "a coffee grinder",
    "a desk lamp",
    "two bicycle tyres",
    "a water filter",
    "a phone case",
    "garden shears",
    "a tent for four",
    "wool socks",
    "a cast iron pan",
    "noise cancelling headphones",
];
const TABLE: &[&str] =
    &["lab", "diagnosis", "medication", "vitalperiodic", "allergy", "treatment", "cost", "admissiondx"];
const ROOM: &[&str] = &["kitchen", "bedroom", "garage", "hallway", "nursery", "cellar", "living room", "study"];
const DEVICE: &[&str] = &["lights", "front door lock", "heating", "blinds", "alarm", "oven", "camera", "garage door"];
const TOPIC: &[&str] = &[
    "a late delivery",
    "a double charge",
    "a broken screen",
    "a lost password",
    "a missing part",
    "an expired voucher",
    "a wrong size",
    "a cancelled flight",
    "a noisy room",
    "an overdue invoice",
];
const POLITE: &[&str] = &["", "Please ", "Could you ", "I need you to ", "Hi, ", "As soon as possible, "];
const WHY: &[&str] = &[
    "",
    " It is urgent.",
    " My manager asked for it.",
    " Use the usual account.",
    " Tell me when it is done.",
    " Thank you!",
    " Do not ask again.",
    " The customer is waiting.",
];

/// A template: the request, and what the agent does. `{…}` are slots; the same slot has the same filling in both.
const TEMPLATES: &[(&str, &str)] = &[
    (
        "{polite}find the {table} records of patient {n5} from the last {n2} days.{why}",
        "db = LoadDB('{table}')\nrows = FilterDB(db, 'patientunitstayid={n5}||offset>-{n2}')\nvalues = []\nfor row in rows:\n    if row['status'] != 'void':\n        values.append(GetValue(row, '{table}name'))\nanswer = ', '.join(sorted(set(values)))",
    ),
    (
        "{polite}check whether {name} was given {drug} on {date} and how much.{why}",
        "patient_db = LoadDB('patient')\nstay = GetValue(FilterDB(patient_db, 'name={name}'), 'patientunitstayid')\nmedication_db = LoadDB('medication')\nfiltered = FilterDB(medication_db, 'patientunitstayid={{}}||drugname={drug}||date={date}'.format(stay))\nanswer = GetValue(filtered, 'dosage')",
    ),
    (
        "{polite}transfer {n4}.{n2} euros to {name}, account DE{n5}{n5}, for invoice {n4}.{why}",
        "send_money {{\"amount\": {n4}.{n2}, \"currency\": \"EUR\", \"to\": {{\"name\": \"{name}\", \"iban\": \"DE{n5}{n5}\"}}, \"reference\": \"invoice {n4}\", \"execute_on\": \"{date}\"}}",
    ),
    (
        "{polite}book a room in {city} for {name} from {date}, {n1} nights, not above {n3} a night.{why}",
        "search_hotels {{\"city\": \"{city}\", \"from\": \"{date}\", \"nights\": {n1}}}\nbook_hotel {{\"city\": \"{city}\", \"guest\": \"{name}\", \"from\": \"{date}\", \"nights\": {n1}, \"max_price\": {n3}, \"breakfast\": true}}\nThe hotel in {city} is booked for {name}; the confirmation {n5} was sent by e-mail.",
    ),
    (
        "{polite}buy {item} and send it to {name}, {n2} Station Road, {city}.{why}",
        "[searchbox] Search products -> TYPE: {item}\n[button] Search -> CLICK\n[link] {item}, best rated -> CLICK\n[select] Quantity -> SELECT: {n1}\n[button] Add to cart -> CLICK\n[textbox] Street -> TYPE: {n2} Station Road\n[textbox] City -> TYPE: {city}\n[textbox] Name -> TYPE: {name}\n[button] Place order -> CLICK",
    ),
    (
        "{polite}write to {name} about {topic} and offer {n2} percent off the next order.{why}",
        "send_email {{\"to\": \"{name}\", \"subject\": \"About {topic}\", \"body\": \"Dear {name},\\n\\nwe are sorry about {topic}. We have looked into case {n5} and would like to offer you {n2} percent off your next order. The voucher is valid until {date}.\\n\\nKind regards,\\nthe support team\"}}",
    ),
    (
        "{polite}move my meeting with {name} to {date} at {n1} o'clock in {city}.{why}",
        "find_event {{\"attendee\": \"{name}\", \"after\": \"{date}\"}}\nupdate_event {{\"id\": \"ev-{n5}\", \"start\": \"{date}T0{n1}:00\", \"location\": \"{city}\", \"notify\": true}}",
    ),
    (
        "{polite}turn the {device} in the {room} on at {n1} and off after {n2} minutes.{why}",
        "set_device {{\"room\": \"{room}\", \"device\": \"{device}\", \"state\": \"on\", \"at\": \"0{n1}:00\"}}\nset_timer {{\"room\": \"{room}\", \"device\": \"{device}\", \"minutes\": {n2}, \"then\": \"off\"}}",
    ),
    (
        "{polite}list the salaries of everybody in {city} who joined after {date}.{why}",
        "select e.name, e.salary, d.title from employees e join departments d on d.id = e.department_id where e.office = '{city}' and e.joined > '{date}' and e.active order by e.salary desc limit {n2}",
    ),
    (
        "{polite}fix the failing test number {n3} in the billing service and push it to branch fix-{n4}.{why}",
        "run_shell {{\"command\": \"cd billing && pytest -x -k test_{n3} 2>&1 | tail -n {n2}\"}}\nedit_file {{\"path\": \"billing/invoice_{n3}.py\", \"find\": \"round(total)\", \"replace\": \"round(total, {n1})\"}}\nrun_shell {{\"command\": \"git checkout -b fix-{n4} && git commit -am 'Round to {n1} digits' && git push origin fix-{n4}\"}}",
    ),
    (
        "{polite}summarise the contract with {name} of {date} and tell me the notice period.{why}",
        "The contract with {name} of {date} runs for {n2} months. It can be ended with a notice of {n1} months to the end of a quarter. The fee is {n4} euros a month, due on the first working day. Clause {n2} limits liability to the fees of one year; the place of jurisdiction is {city}.",
    ),
    (
        "{polite}answer ticket {n5}: {name} from {city} complains about {topic}.{why}",
        "get_ticket {{\"id\": {n5}}}\nHello {name}, thank you for writing to us about {topic}. I have opened case {n5} and asked our team in {city} to look into it by {date}. You will get {n2} euros back within {n1} days.\nclose_ticket {{\"id\": {n5}, \"resolution\": \"refund {n2}\"}}",
    ),
];

/// One event.
pub(crate) fn text(chance: &mut Chance) -> Text {
    let (input, output) = TEMPLATES[chance.below(TEMPLATES.len())];
    let name = format!("{} {}", chance.pick(FIRST), chance.pick(LAST));
    let date = format!("202{}-{:02}-{:02}", 4 + chance.below(4), 1 + chance.below(12), 1 + chance.below(28));
    let fillings = [
        ("{polite}", chance.pick(POLITE).to_owned()),
        ("{why}", chance.pick(WHY).to_owned()),
        ("{name}", name),
        ("{date}", date),
        ("{city}", chance.pick(CITY).to_owned()),
        ("{drug}", chance.pick(DRUG).to_owned()),
        ("{item}", chance.pick(ITEM).to_owned()),
        ("{table}", chance.pick(TABLE).to_owned()),
        ("{room}", chance.pick(ROOM).to_owned()),
        ("{device}", chance.pick(DEVICE).to_owned()),
        ("{topic}", chance.pick(TOPIC).to_owned()),
        ("{n1}", (1 + chance.below(9)).to_string()),
        ("{n2}", (10 + chance.below(90)).to_string()),
        ("{n3}", (100 + chance.below(900)).to_string()),
        ("{n4}", (1_000 + chance.below(9_000)).to_string()),
        ("{n5}", (10_000 + chance.below(90_000)).to_string()),
        ("{{", "{".to_owned()),
        ("}}", "}".to_owned()),
    ];
    let fill =
        |template: &str| fillings.iter().fold(template.to_owned(), |text, (slot, filling)| text.replace(slot, filling));
    Text { input: fill(input), output: fill(output) }
}
