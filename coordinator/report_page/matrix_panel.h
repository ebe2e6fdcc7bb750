// A confusion matrix as a panel: shades by the share of each row, counts in the cells.
#pragma once

#include <string>

#include "common/metrics/metrics.h"
#include "coordinator/report_page/figure.h"

namespace unmask {

struct MatrixTexts {
  std::string what;  // of the figure; for those who cannot see it
  std::string experiment;
  std::string detail;   // of the cell: its point, and LEAKY
  std::string extent;   // "22/22 folds"
  std::string rows;     // what a row is: "felt"
  std::string columns;  // what a column is: "predicted"
};

// Wider than other panels where there are many classes; of very many it has the first.
Panel MatrixPanel(const ConfusionMatrix& matrix, const MatrixTexts& texts);

// The matrix without classes that occur neither among its rows nor among its columns.
ConfusionMatrix WithoutEmptyClasses(const ConfusionMatrix& matrix);

// Shades of a heat map with the text on it: the class of text that is readable on `share`.
const char* TextOnHeat(double share);

}  // namespace unmask
