'use strict';
document.getElementById('return').submit();
