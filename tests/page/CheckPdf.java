import java.io.File;
import java.util.TreeMap;
import java.util.logging.LogManager;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.ValidationResult;

/** Validates each PDF against PDF/UA-1 with veraPDF: one line a file, "ok" or the rules that it breaks. */
public class CheckPdf {
    public static void main(String[] files) throws Exception {
        LogManager.getLogManager().reset();
        VeraGreenfieldFoundryProvider.initialise();
        for (String file : files) {
            String told = "ok";
            try (PDFAParser parser = Foundries.defaultInstance().createParser(new File(file), PDFAFlavour.PDFUA_1);
                    PDFAValidator validator = Foundries.defaultInstance().createValidator(PDFAFlavour.PDFUA_1, false)) {
                ValidationResult result = validator.validate(parser);
                if (!result.isCompliant() || result.getTotalAssertions() == 0) {
                    TreeMap<String, Integer> broken = new TreeMap<>();
                    result.getFailedChecks().forEach((rule, count) ->
                            broken.put(rule.getClause() + "-" + rule.getTestNumber(), count));
                    told = "FAILS " + broken;
                }
            } catch (Exception error) {
                told = "FAILS " + error;
            }
            System.out.println(told + " " + file);
        }
    }
}
