//! The 99 labels every model answers for: PTB-XL's 71 SCP-ECG statements with the 5 diagnostic
//! superclasses and 23 subclasses they belong to (Wagner et al. 2020), grouped into the six tasks
//! of the public PTB-XL benchmark (Strodthoff et al. 2020).

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Number of diagnostic superclasses, the first labels in [`LABELS`].
pub const NUM_SUPERCLASSES: usize = 5;
/// Number of diagnostic subclasses, which follow the superclasses.
pub const NUM_SUBCLASSES: usize = 23;
/// Number of statements, which come last.
pub const NUM_STATEMENTS: usize = 71;
/// Number of all labels: the width of every model's output.
pub const NUM_LABELS: usize = NUM_SUPERCLASSES + NUM_SUBCLASSES + NUM_STATEMENTS;

/// Position of the first statement in [`LABELS`].
const FIRST_STATEMENT: usize = NUM_SUPERCLASSES + NUM_SUBCLASSES;

/// What a label stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// One of five broad diagnostic families.
    Superclass,
    /// A family within a superclass.
    Subclass,
    /// A single SCP-ECG statement.
    Statement,
}

/// One output of the models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// PTB-XL's code, e.g. `AFIB`. Unique within its group only: see [`Label::key`].
    pub code: &'static str,
    /// Superclass, subclass or statement.
    pub group: Group,
    /// Plain words a patient can read.
    pub name: &'static str,
    /// The statement is a diagnosis (it then has a superclass and a subclass).
    pub diagnostic: bool,
    /// The statement describes the form of the waves. Four statements are diagnosis and form.
    pub form: bool,
    /// The statement describes the rhythm.
    pub rhythm: bool,
    /// Code of the superclass a diagnostic statement belongs to.
    pub superclass: Option<&'static str>,
    /// Code of the subclass a diagnostic statement belongs to.
    pub subclass: Option<&'static str>,
}

impl Label {
    /// A name that no other label has: the bare code for superclasses and statements,
    /// `subclass/CODE` for subclasses, and `statement/NORM` for the one statement whose
    /// code is also a superclass.
    pub fn key(&self) -> Cow<'static, str> {
        match self.group {
            Group::Subclass => Cow::Owned(format!("subclass/{}", self.code)),
            Group::Statement if self.code == "NORM" => Cow::Borrowed("statement/NORM"),
            Group::Superclass | Group::Statement => Cow::Borrowed(self.code),
        }
    }

    /// `superclass`, `subclass`, `diagnostic`, `form` or `rhythm`. A statement that is both a
    /// diagnosis and a form counts as `diagnostic`.
    pub fn group_name(&self) -> &'static str {
        match self.group {
            Group::Superclass => "superclass",
            Group::Subclass => "subclass",
            Group::Statement if self.diagnostic => "diagnostic",
            Group::Statement if self.form => "form",
            Group::Statement => "rhythm",
        }
    }
}

/// Position in [`LABELS`] of the label with this [`Label::key`].
pub fn index_of_key(key: &str) -> Option<usize> {
    LABELS.iter().position(|label| label.key() == key)
}

/// A task of the public PTB-XL benchmark: a subset of the labels, scored on the records that have
/// at least one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Task {
    /// All 71 statements.
    All,
    /// The 44 diagnostic statements.
    Diagnostic,
    /// The 23 subclasses.
    Subdiagnostic,
    /// The 5 superclasses.
    Superdiagnostic,
    /// The 19 form statements.
    Form,
    /// The 12 rhythm statements.
    Rhythm,
}

impl Task {
    /// The six tasks, in the benchmark's order.
    pub const ALL_TASKS: [Task; 6] = [
        Task::All,
        Task::Diagnostic,
        Task::Subdiagnostic,
        Task::Superdiagnostic,
        Task::Form,
        Task::Rhythm,
    ];

    /// The benchmark's name, e.g. `superdiagnostic`.
    pub fn name(&self) -> &'static str {
        match self {
            Task::All => "all",
            Task::Diagnostic => "diagnostic",
            Task::Subdiagnostic => "subdiagnostic",
            Task::Superdiagnostic => "superdiagnostic",
            Task::Form => "form",
            Task::Rhythm => "rhythm",
        }
    }

    /// Reads [`Task::name`]; `None` for anything else.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL_TASKS.into_iter().find(|task| task.name() == name)
    }

    /// Whether `label` is scored in this task.
    pub fn includes(&self, label: &Label) -> bool {
        match self {
            Task::All => label.group == Group::Statement,
            Task::Diagnostic => label.diagnostic,
            Task::Subdiagnostic => label.group == Group::Subclass,
            Task::Superdiagnostic => label.group == Group::Superclass,
            Task::Form => label.form,
            Task::Rhythm => label.rhythm,
        }
    }

    /// Positions in [`LABELS`] of this task's labels, ascending.
    pub fn labels(&self) -> Vec<usize> {
        (0..NUM_LABELS)
            .filter(|&index| self.includes(&LABELS[index]))
            .collect()
    }
}

impl fmt::Display for Task {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Task {
    type Err = UnknownTask;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::parse(name).ok_or_else(|| UnknownTask(name.to_owned()))
    }
}

/// A name that is none of [`Task::ALL_TASKS`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no task (all, diagnostic, subdiagnostic, superdiagnostic, form and rhythm are)")]
pub struct UnknownTask(pub String);

/// A statement code that PTB-XL does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is none of PTB-XL's 71 statement codes")]
pub struct UnknownStatement(pub String);

/// The labels of one record: one bit for each entry of [`LABELS`].
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct LabelSet(u128);

impl LabelSet {
    /// The labels of a record with these statements. A statement counts as present whatever
    /// likelihood its record states, and brings its superclass and subclass along.
    ///
    /// # Errors
    /// [`UnknownStatement`] for the first code that is not a PTB-XL statement.
    pub fn from_statements<I>(codes: I) -> Result<Self, UnknownStatement>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let mut set = Self::default();
        for code in codes {
            let code = code.as_ref();
            let index = (FIRST_STATEMENT..NUM_LABELS)
                .find(|&index| LABELS[index].code == code)
                .ok_or_else(|| UnknownStatement(code.to_owned()))?;
            set.0 |= 1 << index;
            for (family, label) in LABELS.iter().enumerate().take(FIRST_STATEMENT) {
                let member_of = match label.group {
                    Group::Superclass => LABELS[index].superclass,
                    _ => LABELS[index].subclass,
                };
                if member_of == Some(label.code) {
                    set.0 |= 1 << family;
                }
            }
        }
        Ok(set)
    }

    /// Whether the label at this position of [`LABELS`] is present.
    pub fn contains(&self, index: usize) -> bool {
        index < NUM_LABELS && self.0 >> index & 1 == 1
    }

    /// Positions of the labels that are present, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> + use<> {
        let set = *self;
        (0..NUM_LABELS).filter(move |&index| set.contains(index))
    }

    /// 1.0 for labels that are present, 0.0 for the others, in the order of [`LABELS`].
    pub fn to_targets(&self) -> [f32; NUM_LABELS] {
        std::array::from_fn(|index| f32::from(u8::from(self.contains(index))))
    }

    /// Whether any label of `task` is present: the benchmark scores only such records.
    pub fn has_any(&self, task: Task) -> bool {
        self.iter().any(|index| task.includes(&LABELS[index]))
    }

    /// The bits, the lowest for the first label: for compact storage.
    pub fn bits(&self) -> u128 {
        self.0
    }

    /// The set with these [`bits`](Self::bits); bits beyond the last label are dropped.
    pub fn from_bits(bits: u128) -> Self {
        Self(bits & ((1 << NUM_LABELS) - 1))
    }
}

impl fmt::Debug for LabelSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_set()
            .entries(self.iter().map(|index| LABELS[index].key()))
            .finish()
    }
}

const fn label(code: &'static str, group: Group, name: &'static str) -> Label {
    Label {
        code,
        group,
        name,
        diagnostic: false,
        form: false,
        rhythm: false,
        superclass: None,
        subclass: None,
    }
}

const fn superclass(code: &'static str, name: &'static str) -> Label {
    label(code, Group::Superclass, name)
}

const fn subclass(code: &'static str, name: &'static str) -> Label {
    label(code, Group::Subclass, name)
}

const fn diagnostic(
    code: &'static str,
    superclass: &'static str,
    subclass: &'static str,
    name: &'static str,
) -> Label {
    Label {
        diagnostic: true,
        superclass: Some(superclass),
        subclass: Some(subclass),
        ..label(code, Group::Statement, name)
    }
}

const fn diagnostic_and_form(
    code: &'static str,
    superclass: &'static str,
    subclass: &'static str,
    name: &'static str,
) -> Label {
    Label {
        form: true,
        ..diagnostic(code, superclass, subclass, name)
    }
}

const fn form(code: &'static str, name: &'static str) -> Label {
    Label {
        form: true,
        ..label(code, Group::Statement, name)
    }
}

const fn rhythm(code: &'static str, name: &'static str) -> Label {
    Label {
        rhythm: true,
        ..label(code, Group::Statement, name)
    }
}

/// Every label in the order of the models' outputs: superclasses, subclasses by code, then the
/// statements in the order of PTB-XL's `scp_statements.csv`.
#[rustfmt::skip] // One label a line reads as the table it is.
pub static LABELS: [Label; NUM_LABELS] = [
    superclass("NORM", "No abnormality among those this model knows"),
    superclass("MI", "Signs of heart-muscle damage (infarction)"),
    superclass("STTC", "ST/T changes"),
    superclass("CD", "Conduction disturbance"),
    superclass("HYP", "Thickened heart muscle (hypertrophy)"),

    subclass("AMI", "Signs of an old or new heart attack in the front wall (anterior)"),
    subclass("CLBBB", "Left bundle branch block (complete)"),
    subclass("CRBBB", "Right bundle branch block (complete)"),
    subclass("ILBBB", "Left bundle branch block (incomplete)"),
    subclass("IMI", "Signs of an old or new heart attack in the lower wall (inferior)"),
    subclass("IRBBB", "Right bundle branch block (incomplete)"),
    subclass("ISCA", "Signs of reduced blood flow to the front or side wall (anterior or lateral ischaemia)"),
    subclass("ISCI", "Signs of reduced blood flow to the lower wall (inferior ischaemia)"),
    subclass("ISC_", "Signs of reduced blood flow to the heart muscle (ischaemia), place not clear"),
    subclass("IVCD", "Slowed conduction within the main chambers (unspecific intraventricular block)"),
    subclass("LAFB/LPFB", "Block of one branch of the left bundle (fascicular block)"),
    subclass("LAO/LAE", "Enlarged or strained left atrium"),
    subclass("LMI", "Signs of an old or new heart attack in the side wall (lateral)"),
    subclass("LVH", "Thickened left main chamber (left ventricular hypertrophy)"),
    subclass("NORM", "No abnormality among those this model knows"),
    subclass("NST_", "Unspecific ST-segment changes"),
    subclass("PMI", "Signs of an old or new heart attack in the rear wall (posterior)"),
    subclass("RAO/RAE", "Enlarged or strained right atrium"),
    subclass("RVH", "Thickened right main chamber (right ventricular hypertrophy)"),
    subclass("SEHYP", "Thickened wall between the main chambers (septal hypertrophy)"),
    subclass("STTC", "Other ST/T changes"),
    subclass("WPW", "Extra conduction pathway (Wolff-Parkinson-White pattern)"),
    subclass("_AVB", "Disturbed conduction from atria to main chambers (AV block)"),

    diagnostic_and_form("NDT", "STTC", "STTC", "Unspecific T-wave abnormalities"),
    diagnostic_and_form("NST_", "STTC", "NST_", "Unspecific ST-segment changes"),
    diagnostic_and_form("DIG", "STTC", "STTC", "Changes as seen with digitalis medicines"),
    diagnostic_and_form("LNGQT", "STTC", "STTC", "Long QT interval"),
    diagnostic("NORM", "NORM", "NORM", "No abnormality among those this model knows"),
    diagnostic("IMI", "MI", "IMI", "Signs of an old or new heart attack in the lower wall (inferior)"),
    diagnostic("ASMI", "MI", "AMI", "Signs of an old or new heart attack in the front wall and septum (anteroseptal)"),
    diagnostic("LVH", "HYP", "LVH", "Thickened left main chamber (left ventricular hypertrophy)"),
    diagnostic("LAFB", "CD", "LAFB/LPFB", "Block of the front branch of the left bundle (left anterior fascicular block)"),
    diagnostic("ISC_", "STTC", "ISC_", "Signs of reduced blood flow to the heart muscle (ischaemia), place not clear"),
    diagnostic("IRBBB", "CD", "IRBBB", "Right bundle branch block (incomplete)"),
    diagnostic("1AVB", "CD", "_AVB", "Slowed conduction from atria to main chambers (first-degree AV block)"),
    diagnostic("IVCD", "CD", "IVCD", "Slowed conduction within the main chambers (unspecific intraventricular block)"),
    diagnostic("ISCAL", "STTC", "ISCA", "Signs of reduced blood flow to the front and side wall (anterolateral ischaemia)"),
    diagnostic("CRBBB", "CD", "CRBBB", "Right bundle branch block (complete)"),
    diagnostic("CLBBB", "CD", "CLBBB", "Left bundle branch block (complete)"),
    diagnostic("ILMI", "MI", "IMI", "Signs of an old or new heart attack in the lower and side wall (inferolateral)"),
    diagnostic("LAO/LAE", "HYP", "LAO/LAE", "Enlarged or strained left atrium"),
    diagnostic("AMI", "MI", "AMI", "Signs of an old or new heart attack in the front wall (anterior)"),
    diagnostic("ALMI", "MI", "AMI", "Signs of an old or new heart attack in the front and side wall (anterolateral)"),
    diagnostic("ISCIN", "STTC", "ISCI", "Signs of reduced blood flow to the lower wall (inferior ischaemia)"),
    diagnostic("INJAS", "MI", "AMI", "Signs of acute strain on the inner layer of the front wall and septum (anteroseptal subendocardial injury)"),
    diagnostic("LMI", "MI", "LMI", "Signs of an old or new heart attack in the side wall (lateral)"),
    diagnostic("ISCIL", "STTC", "ISCI", "Signs of reduced blood flow to the lower and side wall (inferolateral ischaemia)"),
    diagnostic("LPFB", "CD", "LAFB/LPFB", "Block of the rear branch of the left bundle (left posterior fascicular block)"),
    diagnostic("ISCAS", "STTC", "ISCA", "Signs of reduced blood flow to the front wall and septum (anteroseptal ischaemia)"),
    diagnostic("INJAL", "MI", "AMI", "Signs of acute strain on the inner layer of the front and side wall (anterolateral subendocardial injury)"),
    diagnostic("ISCLA", "STTC", "ISCA", "Signs of reduced blood flow to the side wall (lateral ischaemia)"),
    diagnostic("RVH", "HYP", "RVH", "Thickened right main chamber (right ventricular hypertrophy)"),
    diagnostic("ANEUR", "STTC", "STTC", "ST/T changes as seen with a bulge of the heart wall (ventricular aneurysm)"),
    diagnostic("RAO/RAE", "HYP", "RAO/RAE", "Enlarged or strained right atrium"),
    diagnostic("EL", "STTC", "STTC", "Changes as seen with disturbed blood salts or medicines"),
    diagnostic("WPW", "CD", "WPW", "Extra conduction pathway (Wolff-Parkinson-White pattern)"),
    diagnostic("ILBBB", "CD", "ILBBB", "Left bundle branch block (incomplete)"),
    diagnostic("IPLMI", "MI", "IMI", "Signs of an old or new heart attack in the lower, rear and side wall (inferoposterolateral)"),
    diagnostic("ISCAN", "STTC", "ISCA", "Signs of reduced blood flow to the front wall (anterior ischaemia)"),
    diagnostic("IPMI", "MI", "IMI", "Signs of an old or new heart attack in the lower and rear wall (inferoposterior)"),
    diagnostic("SEHYP", "HYP", "SEHYP", "Thickened wall between the main chambers (septal hypertrophy)"),
    diagnostic("INJIN", "MI", "IMI", "Signs of acute strain on the inner layer of the lower wall (inferior subendocardial injury)"),
    diagnostic("INJLA", "MI", "AMI", "Signs of acute strain on the inner layer of the side wall (lateral subendocardial injury)"),
    diagnostic("PMI", "MI", "PMI", "Signs of an old or new heart attack in the rear wall (posterior)"),
    diagnostic("3AVB", "CD", "_AVB", "No conduction from atria to main chambers (third-degree AV block)"),
    diagnostic("INJIL", "MI", "IMI", "Signs of acute strain on the inner layer of the lower and side wall (inferolateral subendocardial injury)"),
    diagnostic("2AVB", "CD", "_AVB", "Some beats not conducted from atria to main chambers (second-degree AV block)"),
    form("ABQRS", "Unusual shape of the main beat (abnormal QRS)"),
    form("PVC", "Extra beats from the main chambers (ventricular premature beats)"),
    form("STD_", "Lowered ST segment, unspecific"),
    form("VCLVH", "Large beats that meet voltage criteria for a thickened left main chamber"),
    form("QWAVE", "Q waves present"),
    form("LOWT", "Low T waves"),
    form("NT_", "Unspecific T-wave changes"),
    form("PAC", "Extra beats from the atria (atrial premature beats)"),
    form("LPR", "Long PR interval"),
    form("INVT", "Inverted T waves"),
    form("LVOLT", "Low voltage of the main beats (QRS)"),
    form("HVOLT", "High voltage of the main beats (QRS)"),
    form("TAB_", "T-wave abnormality"),
    form("STE_", "Raised ST segment, unspecific"),
    form("PRC(S)", "Extra beats of unclear origin (premature beats)"),
    rhythm("SR", "Regular rhythm from the heart's own pacemaker (sinus rhythm)"),
    rhythm("AFIB", "Atrial fibrillation"),
    rhythm("STACH", "Fast rhythm from the heart's own pacemaker (sinus tachycardia)"),
    rhythm("SARRH", "Uneven rhythm from the heart's own pacemaker (sinus arrhythmia)"),
    rhythm("SBRAD", "Slow rhythm from the heart's own pacemaker (sinus bradycardia)"),
    rhythm("PACE", "Rhythm of an artificial pacemaker"),
    rhythm("SVARR", "Rhythm disturbance from above the main chambers (supraventricular arrhythmia)"),
    rhythm("BIGU", "Every second beat is an extra beat (bigeminy)"),
    rhythm("AFLT", "Atrial flutter"),
    rhythm("SVTAC", "Fast rhythm from above the main chambers (supraventricular tachycardia)"),
    rhythm("PSVT", "Sudden fast rhythm from above the main chambers (paroxysmal supraventricular tachycardia)"),
    rhythm("TRIGU", "Every third beat is an extra beat (trigeminy)"),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn keys(set: LabelSet) -> Vec<String> {
        set.iter().map(|i| LABELS[i].key().into_owned()).collect()
    }

    #[test]
    fn tasks_have_the_benchmarks_sizes() {
        let sizes = Task::ALL_TASKS.map(|task| (task.name(), task.labels().len()));
        assert_eq!(
            sizes,
            [
                ("all", 71),
                ("diagnostic", 44),
                ("subdiagnostic", 23),
                ("superdiagnostic", 5),
                ("form", 19),
                ("rhythm", 12)
            ]
        );
        assert_eq!(Task::parse("rhythm"), Some(Task::Rhythm));
        assert!("Rhythms".parse::<Task>().is_err());
    }

    #[test]
    fn keys_are_unique_and_found_again() {
        let unique: HashSet<_> = LABELS.iter().map(Label::key).collect();
        assert_eq!(unique.len(), NUM_LABELS);
        for (index, label) in LABELS.iter().enumerate() {
            assert_eq!(index_of_key(&label.key()), Some(index));
            assert!(!label.name.is_empty());
        }
        assert_eq!(LABELS[0].key(), "NORM");
        assert_eq!(LABELS[5].key(), "subclass/AMI");
        assert_eq!(index_of_key("statement/NORM"), Some(28 + 4));
    }

    #[test]
    fn groups_come_in_order_and_families_exist() {
        for (index, label) in LABELS.iter().enumerate() {
            let group = match index {
                0..5 => Group::Superclass,
                5..28 => Group::Subclass,
                _ => Group::Statement,
            };
            assert_eq!(label.group, group);
            assert_eq!(label.diagnostic, label.superclass.is_some());
            assert_eq!(label.diagnostic, label.subclass.is_some());
            if let (Some(superclass), Some(subclass)) = (label.superclass, label.subclass) {
                assert!(LABELS[..5].iter().any(|l| l.code == superclass));
                assert!(LABELS[5..28].iter().any(|l| l.code == subclass));
            }
        }
        assert!(LABELS[5..28].windows(2).all(|w| w[0].code < w[1].code));
    }

    #[test]
    fn statements_bring_their_families() {
        let set = LabelSet::from_statements(["IMI", "AFIB"]).unwrap();
        assert_eq!(keys(set), ["MI", "subclass/IMI", "IMI", "AFIB"]);
        assert_eq!(set.to_targets().iter().sum::<f32>(), 4.0);
        assert!(set.has_any(Task::Superdiagnostic) && set.has_any(Task::Rhythm));
        assert!(!set.has_any(Task::Form));
        assert_eq!(LabelSet::from_bits(set.bits()), set);

        // Diagnosis and form at once, in a subclass of its own family's name.
        let set = LabelSet::from_statements(["NDT"]).unwrap();
        assert_eq!(keys(set), ["STTC", "subclass/STTC", "NDT"]);
        assert!(set.has_any(Task::Diagnostic) && set.has_any(Task::Form));

        let rhythm_only = LabelSet::from_statements(["SR"]).unwrap();
        assert!(!rhythm_only.has_any(Task::Superdiagnostic));
        assert_eq!(keys(rhythm_only), ["SR"]);
    }

    #[test]
    fn unknown_codes_are_refused() {
        let error = LabelSet::from_statements(["SR", "XYZ"]).unwrap_err();
        assert_eq!(error, UnknownStatement("XYZ".into()));
        // A superclass is not a statement.
        assert!(LabelSet::from_statements(["MI"]).is_err());
    }

    #[test]
    fn group_names_follow_the_statement() {
        let name = |key: &str| LABELS[index_of_key(key).unwrap()].group_name();
        assert_eq!(name("MI"), "superclass");
        assert_eq!(name("subclass/_AVB"), "subclass");
        assert_eq!(name("NDT"), "diagnostic");
        assert_eq!(name("PVC"), "form");
        assert_eq!(name("AFIB"), "rhythm");
    }
}
