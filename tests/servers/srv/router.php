<?php
if ($_SERVER["REQUEST_URI"] === "/slow") {
    usleep(150000);
}
echo "ok\n";
