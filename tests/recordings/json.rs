//! JSON of Fitbit, Google Health and Kardia.

/// Fitbit's Web API with one reading.
pub fn fitbit(steps: &[i16]) -> String {
    format!(
        "{{\"ecgReadings\":[{{\"startTime\":\"1931-02-03T10:00:00\",\"averageHeartRate\":70,\
         \"resultClassification\":\"Normal Sinus Rhythm\",\"waveformSamples\":{},\"samplingFrequencyHz\":\"250\",\
         \"scalingFactor\":10922,\"numberOfWaveformSamples\":{},\"leadNumber\":1,\"deviceName\":\"Quagmire's watch\"}}],\
         \"pagination\":{{}}}}",
        list(steps),
        steps.len()
    )
}

/// A data point of Google's Health API.
pub fn google_health(steps: &[i16]) -> String {
    format!(
        "{{\"name\":\"users/PID4711/dataTypes/electrocardiogram/dataPoints/Quagmire\",\"electrocardiogram\":{{\
         \"interval\":{{\"startTime\":\"1931-02-03T09:00:00Z\"}},\"beatsPerMinuteAvg\":\"72\",\
         \"waveformSamples\":{},\"samplingFrequencyHertz\":250,\"millivoltsScalingFactor\":10922,\"leadNumber\":1}}}}",
        list(steps)
    )
}

/// A Kardia recording; of the filtered samples there are others.
pub fn kardia(leads: &[(&str, &[i16])]) -> String {
    let samples = |shift: i16| {
        let leads = leads.iter().map(|(name, steps)| {
            let steps: Vec<i16> = steps
                .iter()
                .map(|step| step.saturating_add(shift))
                .collect();
            format!("\"{name}\":{}", list(&steps))
        });
        leads.collect::<Vec<_>>().join(",")
    };
    let block = |shift: i16| {
        format!(
            "{{\"frequency\":300,\"mainsFrequency\":50,\"samples\":{{{}}},\"amplitudeResolution\":500,\"numLeads\":{}}}",
            samples(shift),
            leads.len()
        )
    };
    format!(
        "{{\"id\":\"x\",\"patientID\":\"PID4711\",\"patientName\":\"Quagmire\",\"dob\":\"1931-02-03\",\"heartRate\":89,\
         \"data\":{{\"enhanced\":{},\"raw\":{}}},\"tags\":[]}}",
        block(1),
        block(0)
    )
}

fn list(steps: &[i16]) -> String {
    let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
    format!("[{}]", steps.join(","))
}
