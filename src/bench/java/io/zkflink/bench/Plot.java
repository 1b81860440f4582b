// SPDX-License-Identifier: Apache-2.0
package io.zkflink.bench;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Lines over logarithmic axes, as SVG that can be read on a light and on a dark page. */
final class Plot {

    /** Half bright, so that it shows on white and on black. */
    private static final Color TEXT = new Color(0x80, 0x80, 0x80);

    private static final Color GRID = new Color(0x80, 0x80, 0x80, 0x40);
    private static final Color NOTHING = new Color(0, 0, 0, 0);
    /** Told apart by the colour-blind as well (after Okabe and Ito). */
    private static final Color[] COLORS = {
        new Color(0x00, 0x72, 0xb2), new Color(0xd5, 0x5e, 0x00), new Color(0x00, 0x9e, 0x73),
        new Color(0xcc, 0x79, 0xa7), new Color(0xe6, 0x9f, 0x00), new Color(0x56, 0xb4, 0xe9)
    };

    private final XYChart chart;

    Plot(String over, String measure) {
        chart = new XYChartBuilder()
                .width(800)
                .height(400)
                .xAxisTitle(over)
                .yAxisTitle(measure)
                .build();
        var style = chart.getStyler();
        style.setXAxisLogarithmic(true);
        style.setYAxisLogarithmic(true);
        style.setChartBackgroundColor(NOTHING);
        style.setPlotBackgroundColor(NOTHING);
        style.setLegendBackgroundColor(NOTHING);
        style.setPlotBorderVisible(false);
        style.setLegendBorderColor(NOTHING);
        style.setLegendPosition(Styler.LegendPosition.OutsideE);
        style.setChartFontColor(TEXT);
        style.setAxisTickLabelsColor(TEXT);
        style.setAxisTickMarksColor(TEXT);
        style.setPlotGridLinesColor(GRID);
        style.setPlotGridLinesStroke(new BasicStroke(1));
        style.setSeriesColors(COLORS);
    }

    /** Adds a line; values that a logarithmic axis cannot show are left out. */
    void add(String name, double[] over, double[] values) {
        int[] shown = java.util.stream.IntStream.range(0, over.length)
                .filter(i -> over[i] > 0 && values[i] > 0)
                .toArray();
        if (shown.length > 0) {
            XYSeries series = chart.addSeries(
                    name,
                    Arrays.stream(shown).mapToDouble(i -> over[i]).toArray(),
                    Arrays.stream(shown).mapToDouble(i -> values[i]).toArray());
            series.setMarker(SeriesMarkers.CIRCLE);
        }
    }

    void save(Path file) throws IOException {
        VectorGraphicsEncoder.saveVectorGraphic(chart, file.toString(), VectorGraphicsFormat.SVG);
    }
}
