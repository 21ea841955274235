//! Required against produced words as an SVG, both axes logarithmic: a writer that keeps to what it is asked for lies on the
//! diagonal, one that stops at 2,000 words bends away from it.

use parapet_agentwrite::Language;
use plotters::prelude::*;

use crate::score::Scored;

/// Size in pixels.
const SIZE: (u32, u32) = (880, 640);
const ENGLISH: RGBColor = RGBColor(0x1f, 0x77, 0xb4);
const CHINESE: RGBColor = RGBColor(0xd6, 0x27, 0x28);

/// The plot cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[error("the plot cannot be drawn: {0}")]
pub struct PlotError(String);

/// The plot of all samples, under `title`. Texts that the token limit cut off are rings; samples without a text lie at the
/// lower edge.
///
/// # Errors
/// The drawing library refuses.
pub fn scatter(title: &str, samples: &[Scored]) -> Result<String, PlotError> {
    let mut svg = String::new();
    draw(&mut svg, title, samples).map_err(|error| PlotError(error.to_string()))?;
    Ok(svg)
}

fn draw(svg: &mut String, title: &str, samples: &[Scored]) -> Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let (least, most) = range(samples);
    let axis = || (f64::from(least)..f64::from(most)).log_scale();
    let title: String = title.chars().filter(|c| !c.is_control()).take(90).collect();
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 20))
        .margin(14)
        .x_label_area_size(46)
        .y_label_area_size(70)
        .build_cartesian_2d(axis(), axis())?;
    let words = |words: &f64| format!("{words:.0}");
    chart
        .configure_mesh()
        .x_desc("words that were asked for")
        .y_desc("words that were written")
        .x_label_formatter(&words)
        .y_label_formatter(&words)
        .draw()?;
    let ends = [least, most].map(|end| (f64::from(end), f64::from(end)));
    chart.draw_series(LineSeries::new(ends, BLACK.mix(0.5)))?;
    for (language, name, color) in [(Language::English, "English", ENGLISH), (Language::Chinese, "Chinese", CHINESE)] {
        let of_language = samples.iter().filter(|sample| sample.language == language);
        let points = of_language.map(|sample| {
            let place = (f64::from(sample.required), f64::from(sample.produced.max(least)));
            let style = if sample.outcome == "cut_off" { color.stroke_width(1) } else { color.mix(0.65).filled() };
            Circle::new(place, 4, style)
        });
        chart.draw_series(points)?.label(name).legend(move |(x, y)| Circle::new((x + 8, y), 4, color.filled()));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.4))
        .draw()?;
    root.present()?;
    Ok(())
}

/// Powers of ten around all that is drawn.
fn range(samples: &[Scored]) -> (u32, u32) {
    let drawn = samples.iter().flat_map(|sample| [sample.required, sample.produced]).filter(|words| *words > 0);
    let (least, most) = drawn.fold((u32::MAX, 1), |(least, most), words| (least.min(words), most.max(words)));
    let least = if least == u32::MAX { 100 } else { 10_u32.pow(least.ilog10()) };
    let most = 10_u32.checked_pow(most.ilog10() + 1).unwrap_or(u32::MAX);
    (least, most.max(least.saturating_mul(10)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Key;
    use crate::score::Quality;

    fn sample(required: u32, produced: u32, language: Language, outcome: &'static str) -> Scored {
        let key = Key { row: 0, sample: 0 };
        let kind = "t".to_owned();
        let (length, quality) = (0.0, Quality::NotJudged);
        Scored { key, kind, language, required, produced, outcome, length, quality }
    }

    #[test]
    fn every_sample_is_a_point() {
        let samples = [
            sample(100, 90, Language::English, "answered"),
            sample(20_000, 2_000, Language::Chinese, "cut_off"),
            sample(500, 0, Language::English, "empty"),
        ];
        let svg = scatter("small <b>, one call", &samples).unwrap();
        let legend = 2;
        assert_eq!(svg.matches("<circle").count(), samples.len() + legend, "{svg}");
        assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"), "{svg}");
        assert!(svg.contains("&lt;b&gt;") && !svg.contains("<b>"), "{svg}");
        assert_eq!(range(&samples), (10, 100_000));
    }

    #[test]
    fn nothing_to_draw_is_an_empty_plot() {
        assert!(scatter("none", &[]).unwrap().contains("words that were asked for"));
        assert_eq!(range(&[sample(1, u32::MAX, Language::English, "answered")]), (1, u32::MAX));
    }
}
