// SPDX-License-Identifier: Apache-2.0
package io.zkflink.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.zookeeper.Version;

/**
 * Writes what was measured into the page about performance: a table for each measure of each benchmark, and a picture
 * where it was taken over several sizes or loads. Sections that were not measured stay as they are.
 */
final class Report {

    private static final Path DOCS = Path.of("docs");
    private static final String PAGE = "performance.md";
    private static final String PICTURES = "performance";
    /** Below, a figure says as much about the machine as about what was measured. */
    private static final double STEADY = 0.8;

    private final Path directory;

    private Report(Path directory) {
        this.directory = directory;
    }

    /**
     * Into the docs if {@code inDocs}, else to where the figures are.
     *
     * @return the page
     */
    static Path write(boolean inDocs) throws IOException {
        Report report = new Report(inDocs ? DOCS : Figures.DIRECTORY);
        String page = Files.readString(DOCS.resolve(PAGE));
        for (Figures figures : Figures.load()) {
            page = report.replace(page, figures);
        }
        Path target = report.directory.resolve(PAGE);
        Files.writeString(target, page);
        return target;
    }

    private String replace(String page, Figures figures) throws IOException {
        String begin = "<!-- figures " + figures.section() + " -->\n";
        String end = "<!-- end of figures -->";
        Matcher block = Pattern.compile(Pattern.quote(begin) + ".*?" + Pattern.quote(end), Pattern.DOTALL)
                .matcher(page);
        if (!block.find()) {
            throw new IllegalStateException("docs/" + PAGE + " has no block '" + begin.strip() + "'.");
        }
        return page.substring(0, block.start()) + begin + block(figures) + end + page.substring(block.end());
    }

    private String block(Figures figures) throws IOException {
        Map<Figures.Key, double[]> values = figures.values();
        int rounds =
                values.values().stream().mapToInt(each -> each.length).max().orElse(0);
        StringBuilder text = new StringBuilder("\nMeasured ")
                .append(LocalDate.now(ZoneOffset.UTC))
                .append(" on ")
                .append(machine())
                .append(rounds == 1 ? "; one round.\n" : "; median of " + rounds + " rounds (lowest to highest).\n");
        if (figures.steadiness() < STEADY) {
            text.append("**The machine was busy or throttled meanwhile: in its slowest round it had ")
                    .append(Math.round(100 * figures.steadiness()))
                    .append(" % of the speed of its fastest one.**\n");
        }
        for (String measure : distinct(values, Figures.Key::measure)) {
            Set<String> cases = new LinkedHashSet<>();
            values.keySet().stream()
                    .filter(key -> key.measure().equals(measure))
                    .forEach(key -> cases.add(key.at()));
            text.append("\n| ").append(measure).append(" | ").append(String.join(" | ", cases));
            text.append(" |\n|---|").append("---|".repeat(cases.size())).append('\n');
            for (String contender : distinct(values, Figures.Key::contender)) {
                if (cases.stream().anyMatch(at -> values.containsKey(new Figures.Key(measure, contender, at)))) {
                    text.append("| ").append(contender);
                    cases.forEach(at -> text.append(" | ").append(cell(figures, values, measure, contender, at)));
                    text.append(" |\n");
                }
            }
            text.append(picture(figures, measure, List.copyOf(cases)));
        }
        return text.append('\n').toString();
    }

    private static Set<String> distinct(Map<Figures.Key, double[]> values, Function<Figures.Key, String> of) {
        return values.keySet().stream().map(of).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** As multiples of the limit in the same round; the limit's own as they are. */
    private static String cell(
            Figures figures, Map<Figures.Key, double[]> values, String measure, String contender, String at) {
        double[] own = values.get(new Figures.Key(measure, contender, at));
        double[] limit =
                Figures.COSTS.contains(measure) ? null : values.get(new Figures.Key(measure, figures.limit(), at));
        if (own == null) {
            return "";
        }
        if (contender.equals(figures.limit()) || limit == null) {
            return (limit == null ? "" : "1 = ") + number(Timing.median(own));
        }
        double[] ratios = new double[Math.min(own.length, limit.length)];
        Arrays.setAll(ratios, round -> own[round] / limit[round]);
        String median = number(Timing.median(ratios));
        double lowest = Arrays.stream(ratios).min().orElseThrow();
        double highest = Arrays.stream(ratios).max().orElseThrow();
        return ratios.length == 1 ? median : median + " (" + number(lowest) + " to " + number(highest) + ")";
    }

    /** With as many digits as such a measurement has. */
    private static String number(double value) {
        if (value == 0) {
            return "0";
        }
        double magnitude = Math.abs(value);
        return magnitude >= 100
                ? "%,.0f".formatted(value)
                : magnitude >= 10
                        ? "%.1f".formatted(value)
                        : magnitude >= 0.1 ? "%.2f".formatted(value) : "%.2g".formatted(value);
    }

    /** Of what is compared over numbers, at least three of them. */
    private String picture(Figures figures, String measure, List<String> cases) throws IOException {
        Pattern numeric = Pattern.compile("([\\d,]+).*");
        if (Figures.COSTS.contains(measure)
                || cases.size() < 3
                || !cases.stream().allMatch(at -> numeric.matcher(at).matches())) {
            return "";
        }
        String words = measure.replaceAll("\\(.*\\)|%", "")
                .strip()
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^a-z0-9]+", "-");
        String file = figures.section() + "-" + words + ".svg";
        Files.createDirectories(directory.resolve(PICTURES));
        Plot plot = new Plot(cases.get(0).replaceFirst("[\\d,]+ ?", ""), measure);
        Map<Figures.Key, double[]> values = figures.values();
        for (String contender : distinct(values, Figures.Key::contender)) {
            List<String> known = cases.stream()
                    .filter(at -> values.containsKey(new Figures.Key(measure, contender, at)))
                    .toList();
            plot.add(
                    contender,
                    known.stream()
                            .mapToDouble(at -> Double.parseDouble(at.replaceAll("[^\\d]", "")))
                            .toArray(),
                    known.stream()
                            .mapToDouble(at -> Timing.median(values.get(new Figures.Key(measure, contender, at))))
                            .toArray());
        }
        plot.save(directory.resolve(PICTURES).resolve(file));
        return "\n![" + measure + "](" + PICTURES + "/" + file + ")\n";
    }

    /** The machine and the versions that figures are of. */
    private static String machine() {
        return "%d cores (%s %s, Java %s) that server, Flink and contenders share, with Flink %s and ZooKeeper %s"
                .formatted(
                        Runtime.getRuntime().availableProcessors(),
                        System.getProperty("os.name"),
                        System.getProperty("os.arch"),
                        System.getProperty("java.version"),
                        EnvironmentInformation.getVersion(),
                        Version.getVersion());
    }
}
