//! Parts of the date, in UTC, of a Unix time in seconds.

pub(crate) fn function(name: &str) -> Option<fn(f64) -> f64> {
    Some(match name {
        "minute" => |seconds| part(seconds, |t| t.rem_euclid(3600) / 60),
        "hour" => |seconds| part(seconds, |t| t.rem_euclid(86_400) / 3600),
        // 1970-01-01 was a Thursday; Sunday is 0.
        "day_of_week" => |seconds| part(seconds, |t| (day(t) + 4).rem_euclid(7)),
        "day_of_month" => |seconds| part(seconds, |t| date(day(t)).day),
        "day_of_year" => |seconds| part(seconds, |t| day(t) - first_day(date(day(t)).year) + 1),
        "days_in_month" => |seconds| part(seconds, |t| days_in_month(date(day(t)))),
        "month" => |seconds| part(seconds, |t| date(day(t)).month),
        "year" => |seconds| part(seconds, |t| date(day(t)).year),
        _ => return None,
    })
}

struct Date {
    year: i64,
    month: i64,
    day: i64,
}

fn part(seconds: f64, of: fn(i64) -> i64) -> f64 {
    if seconds.is_nan() {
        f64::NAN
    } else {
        of(seconds as i64) as f64
    }
}

fn day(seconds: i64) -> i64 {
    seconds.div_euclid(86_400)
}

/// The Gregorian date of a day counted from 1970-01-01. Years are counted from March here, so
/// that the leap day is the last of its year.
fn date(day: i64) -> Date {
    let since = day + 719_468; // from 0000-03-01
    let era = since.div_euclid(146_097); // 400 years
    let day_of_era = since.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Date {
        year,
        month,
        day: day_of_year - (153 * from_march + 2) / 5 + 1,
    }
}

/// The day, counted from 1970-01-01, of the first of January.
fn first_day(year: i64) -> i64 {
    let before = year - 1;
    before * 365 + before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400) - 719_162
}

fn days_in_month(date: Date) -> i64 {
    let leap = (date.year % 4 == 0 && date.year % 100 != 0) || date.year % 400 == 0;
    match date.month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
