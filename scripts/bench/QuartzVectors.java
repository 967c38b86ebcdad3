import java.io.*;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.time.zone.ZoneRulesProvider;
import java.util.*;
import org.quartz.CronExpression;

/**
 * What the real Quartz says, for scripts/bench/cron.
 *
 *   fires    questions from stdin, one a line: EXPR<TAB>ZONE<TAB>FROM<TAB>COUNT<TAB>DST (which is not looked at); answers,
 *            one a line: seconds since 1970 with a space between them and " never" where the search after them
 *            did not end by itself, or "error: WHY"
 *   zones    each zone of Java's, one a line: NAME OFFSET, then INSTANT OFFSET for each move of its clock up to 2130
 *   about    versions, and the last year in which Quartz looks for something due
 */
public class QuartzVectors {
    static final int PATIENCE_MS = 300;

    public static void main(String[] words) throws Exception {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        switch (words[0]) {
            case "fires": fires(out); break;
            case "zones": for (String id : TimeZone.getAvailableIDs()) out.println(zone(id)); break;
            default:
                out.println("java " + System.getProperty("java.version"));
                out.println("last_year " + CronExpression.MAX_YEAR);
                out.println("zones " + ZoneRulesProvider.getVersions("UTC").lastEntry().getKey());
        }
        out.flush();
    }

    static void fires(PrintStream out) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8), 1 << 16);
        Watch watch = new Watch();
        watch.setDaemon(true);
        watch.start();
        for (String line = in.readLine(); line != null; line = in.readLine()) out.append(reply(line, watch)).append('\n');
    }

    static String reply(String line, Watch watch) {
        String[] fields = line.split("\t", -1);
        int n = fields.length;
        StringBuilder answer = new StringBuilder();
        watch.expression = null;
        try {
            CronExpression expression = new CronExpression(String.join("\t", Arrays.copyOf(fields, n - 4)));
            expression.setTimeZone(TimeZone.getTimeZone(fields[n - 4]));
            Date at = new Date(Long.parseLong(fields[n - 3]) * 1000);
            int count = Integer.parseInt(fields[n - 2]);
            watch.expression = expression;
            for (int i = 0; i < count; i++) {
                watch.searches++;
                at = expression.getTimeAfter(at);
                if (at == null) break;
                if (i > 0) answer.append(' ');
                answer.append(at.getTime() / 1000);
            }
        } catch (Exception error) {
            return watch.hasEnded(watch.expression) ? answer + " never" : "error: " + error;
        }
        return answer.toString();
    }

    /** Ends a search that takes too long: one of the sets that it looks into on each of its turns becomes empty. */
    static class Watch extends Thread {
        volatile CronExpression expression;
        volatile long searches;
        private volatile CronExpression ended;

        boolean hasEnded(CronExpression one) { return one != null && ended == one; }

        @Override public void run() {
            try {
                Field seconds = CronExpression.class.getDeclaredField("seconds");
                seconds.setAccessible(true);
                long seen = -1;
                while (true) {
                    Thread.sleep(PATIENCE_MS);
                    CronExpression one = expression;
                    if (searches == seen && one != null) {
                        ended = one;
                        ((TreeSet<?>) seconds.get(one)).clear();
                    }
                    seen = searches;
                }
            } catch (ReflectiveOperationException | InterruptedException error) {
                throw new IllegalStateException(error);
            }
        }
    }

    static String zone(String id) {
        TimeZone zone = TimeZone.getTimeZone(id);
        int day = 86400;
        long last = -2 * day;
        int offset = zone.getOffset(last * 1000) / 1000;
        StringBuilder line = new StringBuilder(id + " " + offset);
        for (long end = -day; end < 160L * 366 * day; end += day) {
            if (zone.getOffset(end * 1000) / 1000 == offset) continue;
            long low = end - day, high = end;
            while (high - low > 1) {
                long middle = Math.floorDiv(low + high, 2);
                if (zone.getOffset(middle * 1000) / 1000 == offset) low = middle; else high = middle;
            }
            offset = zone.getOffset(high * 1000) / 1000;
            line.append(" ").append(high).append(" ").append(offset);
        }
        return line.toString();
    }
}
