// Everything the shell and the components need; each module defines one element or one habit.
import "./keys.js";
import "./theme_switch.js";
import "./dialog.js";
import "./menu.js";
import "./command_palette.js";
import "./shortcut_sheet.js";
import "./search_field.js";
import "./table_view.js";
import "./split_pane.js";
import "./span_tree.js";
import "./tab_set.js";
import "./options.js";
import "./copy_text.js";
import "./relative_time.js";
import "./toast_list.js";
import "./tip.js";
import "./chart.js";
