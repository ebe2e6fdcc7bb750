// The figures of a report. Each function gives those that the sweep has something for, perhaps
// none. What is too much to draw is said in the notes and stands in the CSV.
#pragma once

#include <vector>

#include "coordinator/report_page/figure.h"
#include "coordinator/report_page/report_data.h"

namespace unmask {

// Accuracy over each grid key that was moved, with intervals and published values.
std::vector<Figure> GridFigures(const ReportData& data);
// How often the predicted true emotion is the one that the face shows.
std::vector<Figure> MaskFigures(const ReportData& data);
std::vector<Figure> ConfusionFigures(const ReportData& data);
// Accuracy of each subject at each point.
std::vector<Figure> SubjectFigures(const ReportData& data);
// Subject by subject, one cell against another.
std::vector<Figure> DifferenceFigures(const ReportData& data);
// Held-out dependence of the two streams.
std::vector<Figure> StreamFigures(const ReportData& data);
std::vector<Figure> TrainingFigures(const ReportData& data);
std::vector<Figure> TimelineFigures(const ReportData& data);

}  // namespace unmask
