"""The names of the German counties and of the cities that are a county of their own, by their official keys. PURE.

From the list "Kreisfreie Städte und Landkreise" of the Federal Statistical Office (Gemeindeverzeichnis GV-ISys,
© Statistisches Bundesamt (Destatis), 2019, licence CC BY 4.0), read from the package landkreise-deutschland 3.0.0, and
compared with the list of warning cells of the German Weather Service (GeoNutzV). A city has "Stadt" before its name in
place of the words it adorns itself with. Changed since: Eisenach became a part of the Wartburgkreis on 1 July 2021.
"""

# By the number of the state: the rest of the key and the name.
_BY_STATE = {
    "01": """
        001 Stadt Flensburg; 002 Stadt Kiel; 003 Stadt Lübeck; 004 Stadt Neumünster; 051 Kreis Dithmarschen;
        053 Kreis Herzogtum Lauenburg; 054 Kreis Nordfriesland; 055 Kreis Ostholstein; 056 Kreis Pinneberg;
        057 Kreis Plön; 058 Kreis Rendsburg-Eckernförde; 059 Kreis Schleswig-Flensburg; 060 Kreis Segeberg;
        061 Kreis Steinburg; 062 Kreis Stormarn
    """,
    "02": """
        000 Hamburg
    """,
    "03": """
        101 Stadt Braunschweig; 102 Stadt Salzgitter; 103 Stadt Wolfsburg; 151 Landkreis Gifhorn; 153 Landkreis Goslar;
        154 Landkreis Helmstedt; 155 Landkreis Northeim; 157 Landkreis Peine; 158 Landkreis Wolfenbüttel;
        159 Landkreis Göttingen; 241 Region Hannover; 251 Landkreis Diepholz; 252 Landkreis Hameln-Pyrmont;
        254 Landkreis Hildesheim; 255 Landkreis Holzminden; 256 Landkreis Nienburg (Weser); 257 Landkreis Schaumburg;
        351 Landkreis Celle; 352 Landkreis Cuxhaven; 353 Landkreis Harburg; 354 Landkreis Lüchow-Dannenberg;
        355 Landkreis Lüneburg; 356 Landkreis Osterholz; 357 Landkreis Rotenburg (Wümme); 358 Heidekreis;
        359 Landkreis Stade; 360 Landkreis Uelzen; 361 Landkreis Verden; 401 Stadt Delmenhorst; 402 Stadt Emden;
        403 Stadt Oldenburg (Oldenburg); 404 Stadt Osnabrück; 405 Stadt Wilhelmshaven; 451 Landkreis Ammerland;
        452 Landkreis Aurich; 453 Landkreis Cloppenburg; 454 Landkreis Emsland; 455 Landkreis Friesland;
        456 Landkreis Grafschaft Bentheim; 457 Landkreis Leer; 458 Landkreis Oldenburg; 459 Landkreis Osnabrück;
        460 Landkreis Vechta; 461 Landkreis Wesermarsch; 462 Landkreis Wittmund
    """,
    "04": """
        011 Stadt Bremen; 012 Stadt Bremerhaven
    """,
    "05": """
        111 Stadt Düsseldorf; 112 Stadt Duisburg; 113 Stadt Essen; 114 Stadt Krefeld; 116 Stadt Mönchengladbach;
        117 Stadt Mülheim an der Ruhr; 119 Stadt Oberhausen; 120 Stadt Remscheid; 122 Stadt Solingen;
        124 Stadt Wuppertal; 154 Kreis Kleve; 158 Kreis Mettmann; 162 Rhein-Kreis Neuss; 166 Kreis Viersen;
        170 Kreis Wesel; 314 Stadt Bonn; 315 Stadt Köln; 316 Stadt Leverkusen; 334 Städteregion Aachen; 358 Kreis Düren;
        362 Rhein-Erft-Kreis; 366 Kreis Euskirchen; 370 Kreis Heinsberg; 374 Oberbergischer Kreis;
        378 Rheinisch-Bergischer Kreis; 382 Rhein-Sieg-Kreis; 512 Stadt Bottrop; 513 Stadt Gelsenkirchen;
        515 Stadt Münster; 554 Kreis Borken; 558 Kreis Coesfeld; 562 Kreis Recklinghausen; 566 Kreis Steinfurt;
        570 Kreis Warendorf; 711 Stadt Bielefeld; 754 Kreis Gütersloh; 758 Kreis Herford; 762 Kreis Höxter;
        766 Kreis Lippe; 770 Kreis Minden-Lübbecke; 774 Kreis Paderborn; 911 Stadt Bochum; 913 Stadt Dortmund;
        914 Stadt Hagen; 915 Stadt Hamm; 916 Stadt Herne; 954 Ennepe-Ruhr-Kreis; 958 Hochsauerlandkreis;
        962 Märkischer Kreis; 966 Kreis Olpe; 970 Kreis Siegen-Wittgenstein; 974 Kreis Soest; 978 Kreis Unna
    """,
    "06": """
        411 Stadt Darmstadt; 412 Stadt Frankfurt am Main; 413 Stadt Offenbach am Main; 414 Stadt Wiesbaden;
        431 Landkreis Bergstraße; 432 Landkreis Darmstadt-Dieburg; 433 Landkreis Groß-Gerau; 434 Hochtaunuskreis;
        435 Main-Kinzig-Kreis; 436 Main-Taunus-Kreis; 437 Odenwaldkreis; 438 Landkreis Offenbach;
        439 Rheingau-Taunus-Kreis; 440 Wetteraukreis; 531 Landkreis Gießen; 532 Lahn-Dill-Kreis;
        533 Landkreis Limburg-Weilburg; 534 Landkreis Marburg-Biedenkopf; 535 Vogelsbergkreis; 611 Stadt Kassel;
        631 Landkreis Fulda; 632 Landkreis Hersfeld-Rotenburg; 633 Landkreis Kassel; 634 Schwalm-Eder-Kreis;
        635 Landkreis Waldeck-Frankenberg; 636 Werra-Meißner-Kreis
    """,
    "07": """
        111 Stadt Koblenz; 131 Landkreis Ahrweiler; 132 Landkreis Altenkirchen (Westerwald);
        133 Landkreis Bad Kreuznach; 134 Landkreis Birkenfeld; 135 Landkreis Cochem-Zell; 137 Landkreis Mayen-Koblenz;
        138 Landkreis Neuwied; 140 Rhein-Hunsrück-Kreis; 141 Rhein-Lahn-Kreis; 143 Westerwaldkreis; 211 Stadt Trier;
        231 Landkreis Bernkastel-Wittlich; 232 Eifelkreis Bitburg-Prüm; 233 Landkreis Vulkaneifel;
        235 Landkreis Trier-Saarburg; 311 Stadt Frankenthal (Pfalz); 312 Stadt Kaiserslautern;
        313 Stadt Landau in der Pfalz; 314 Stadt Ludwigshafen am Rhein; 315 Stadt Mainz;
        316 Stadt Neustadt an der Weinstraße; 317 Stadt Pirmasens; 318 Stadt Speyer; 319 Stadt Worms;
        320 Stadt Zweibrücken; 331 Landkreis Alzey-Worms; 332 Landkreis Bad Dürkheim; 333 Donnersbergkreis;
        334 Landkreis Germersheim; 335 Landkreis Kaiserslautern; 336 Landkreis Kusel; 337 Landkreis Südliche Weinstraße;
        338 Rhein-Pfalz-Kreis; 339 Landkreis Mainz-Bingen; 340 Landkreis Südwestpfalz
    """,
    "08": """
        111 Stadt Stuttgart; 115 Landkreis Böblingen; 116 Landkreis Esslingen; 117 Landkreis Göppingen;
        118 Landkreis Ludwigsburg; 119 Rems-Murr-Kreis; 121 Stadt Heilbronn; 125 Landkreis Heilbronn;
        126 Hohenlohekreis; 127 Landkreis Schwäbisch Hall; 128 Main-Tauber-Kreis; 135 Landkreis Heidenheim;
        136 Ostalbkreis; 211 Stadt Baden-Baden; 212 Stadt Karlsruhe; 215 Landkreis Karlsruhe; 216 Landkreis Rastatt;
        221 Stadt Heidelberg; 222 Stadt Mannheim; 225 Neckar-Odenwald-Kreis; 226 Rhein-Neckar-Kreis;
        231 Stadt Pforzheim; 235 Landkreis Calw; 236 Enzkreis; 237 Landkreis Freudenstadt;
        311 Stadt Freiburg im Breisgau; 315 Landkreis Breisgau-Hochschwarzwald; 316 Landkreis Emmendingen;
        317 Ortenaukreis; 325 Landkreis Rottweil; 326 Schwarzwald-Baar-Kreis; 327 Landkreis Tuttlingen;
        335 Landkreis Konstanz; 336 Landkreis Lörrach; 337 Landkreis Waldshut; 415 Landkreis Reutlingen;
        416 Landkreis Tübingen; 417 Zollernalbkreis; 421 Stadt Ulm; 425 Alb-Donau-Kreis; 426 Landkreis Biberach;
        435 Bodenseekreis; 436 Landkreis Ravensburg; 437 Landkreis Sigmaringen
    """,
    "09": """
        161 Stadt Ingolstadt; 162 Stadt München; 163 Stadt Rosenheim; 171 Landkreis Altötting;
        172 Landkreis Berchtesgadener Land; 173 Landkreis Bad Tölz-Wolfratshausen; 174 Landkreis Dachau;
        175 Landkreis Ebersberg; 176 Landkreis Eichstätt; 177 Landkreis Erding; 178 Landkreis Freising;
        179 Landkreis Fürstenfeldbruck; 180 Landkreis Garmisch-Partenkirchen; 181 Landkreis Landsberg am Lech;
        182 Landkreis Miesbach; 183 Landkreis Mühldorf a.Inn; 184 Landkreis München;
        185 Landkreis Neuburg-Schrobenhausen; 186 Landkreis Pfaffenhofen a.d.Ilm; 187 Landkreis Rosenheim;
        188 Landkreis Starnberg; 189 Landkreis Traunstein; 190 Landkreis Weilheim-Schongau; 261 Stadt Landshut;
        262 Stadt Passau; 263 Stadt Straubing; 271 Landkreis Deggendorf; 272 Landkreis Freyung-Grafenau;
        273 Landkreis Kelheim; 274 Landkreis Landshut; 275 Landkreis Passau; 276 Landkreis Regen;
        277 Landkreis Rottal-Inn; 278 Landkreis Straubing-Bogen; 279 Landkreis Dingolfing-Landau; 361 Stadt Amberg;
        362 Stadt Regensburg; 363 Stadt Weiden i.d.OPf.; 371 Landkreis Amberg-Sulzbach; 372 Landkreis Cham;
        373 Landkreis Neumarkt i.d.OPf.; 374 Landkreis Neustadt a.d.Waldnaab; 375 Landkreis Regensburg;
        376 Landkreis Schwandorf; 377 Landkreis Tirschenreuth; 461 Stadt Bamberg; 462 Stadt Bayreuth; 463 Stadt Coburg;
        464 Stadt Hof; 471 Landkreis Bamberg; 472 Landkreis Bayreuth; 473 Landkreis Coburg; 474 Landkreis Forchheim;
        475 Landkreis Hof; 476 Landkreis Kronach; 477 Landkreis Kulmbach; 478 Landkreis Lichtenfels;
        479 Landkreis Wunsiedel i.Fichtelgebirge; 561 Stadt Ansbach; 562 Stadt Erlangen; 563 Stadt Fürth;
        564 Stadt Nürnberg; 565 Stadt Schwabach; 571 Landkreis Ansbach; 572 Landkreis Erlangen-Höchstadt;
        573 Landkreis Fürth; 574 Landkreis Nürnberger Land; 575 Landkreis Neustadt a.d.Aisch-Bad Windsheim;
        576 Landkreis Roth; 577 Landkreis Weißenburg-Gunzenhausen; 661 Stadt Aschaffenburg; 662 Stadt Schweinfurt;
        663 Stadt Würzburg; 671 Landkreis Aschaffenburg; 672 Landkreis Bad Kissingen; 673 Landkreis Rhön-Grabfeld;
        674 Landkreis Haßberge; 675 Landkreis Kitzingen; 676 Landkreis Miltenberg; 677 Landkreis Main-Spessart;
        678 Landkreis Schweinfurt; 679 Landkreis Würzburg; 761 Stadt Augsburg; 762 Stadt Kaufbeuren;
        763 Stadt Kempten (Allgäu); 764 Stadt Memmingen; 771 Landkreis Aichach-Friedberg; 772 Landkreis Augsburg;
        773 Landkreis Dillingen a.d.Donau; 774 Landkreis Günzburg; 775 Landkreis Neu-Ulm;
        776 Landkreis Lindau (Bodensee); 777 Landkreis Ostallgäu; 778 Landkreis Unterallgäu; 779 Landkreis Donau-Ries;
        780 Landkreis Oberallgäu
    """,
    "10": """
        041 Regionalverband Saarbrücken; 042 Landkreis Merzig-Wadern; 043 Landkreis Neunkirchen;
        044 Landkreis Saarlouis; 045 Saarpfalz-Kreis; 046 Landkreis St. Wendel
    """,
    "11": """
        000 Berlin
    """,
    "12": """
        051 Stadt Brandenburg an der Havel; 052 Stadt Cottbus; 053 Stadt Frankfurt (Oder); 054 Stadt Potsdam;
        060 Landkreis Barnim; 061 Landkreis Dahme-Spreewald; 062 Landkreis Elbe-Elster; 063 Landkreis Havelland;
        064 Landkreis Märkisch-Oderland; 065 Landkreis Oberhavel; 066 Landkreis Oberspreewald-Lausitz;
        067 Landkreis Oder-Spree; 068 Landkreis Ostprignitz-Ruppin; 069 Landkreis Potsdam-Mittelmark;
        070 Landkreis Prignitz; 071 Landkreis Spree-Neiße; 072 Landkreis Teltow-Fläming; 073 Landkreis Uckermark
    """,
    "13": """
        003 Stadt Rostock; 004 Stadt Schwerin; 071 Landkreis Mecklenburgische Seenplatte; 072 Landkreis Rostock;
        073 Landkreis Vorpommern-Rügen; 074 Landkreis Nordwestmecklenburg; 075 Landkreis Vorpommern-Greifswald;
        076 Landkreis Ludwigslust-Parchim
    """,
    "14": """
        511 Stadt Chemnitz; 521 Erzgebirgskreis; 522 Landkreis Mittelsachsen; 523 Vogtlandkreis; 524 Landkreis Zwickau;
        612 Stadt Dresden; 625 Landkreis Bautzen; 626 Landkreis Görlitz; 627 Landkreis Meißen;
        628 Landkreis Sächsische Schweiz-Osterzgebirge; 713 Stadt Leipzig; 729 Landkreis Leipzig;
        730 Landkreis Nordsachsen
    """,
    "15": """
        001 Stadt Dessau-Roßlau; 002 Stadt Halle (Saale); 003 Stadt Magdeburg; 081 Altmarkkreis Salzwedel;
        082 Landkreis Anhalt-Bitterfeld; 083 Landkreis Börde; 084 Burgenlandkreis; 085 Landkreis Harz;
        086 Landkreis Jerichower Land; 087 Landkreis Mansfeld-Südharz; 088 Saalekreis; 089 Salzlandkreis;
        090 Landkreis Stendal; 091 Landkreis Wittenberg
    """,
    "16": """
        051 Stadt Erfurt; 052 Stadt Gera; 053 Stadt Jena; 054 Stadt Suhl; 055 Stadt Weimar; 061 Landkreis Eichsfeld;
        062 Landkreis Nordhausen; 063 Wartburgkreis; 064 Unstrut-Hainich-Kreis; 065 Kyffhäuserkreis;
        066 Landkreis Schmalkalden-Meiningen; 067 Landkreis Gotha; 068 Landkreis Sömmerda; 069 Landkreis Hildburghausen;
        070 Ilm-Kreis; 071 Landkreis Weimarer Land; 072 Landkreis Sonneberg; 073 Landkreis Saalfeld-Rudolstadt;
        074 Saale-Holzland-Kreis; 075 Saale-Orla-Kreis; 076 Landkreis Greiz; 077 Landkreis Altenburger Land
    """,
}
NAMES = {
    f"{state}{number}": name
    for state, listed in _BY_STATE.items()
    for number, _space, name in (" ".join(entry.split()).partition(" ") for entry in listed.split(";"))
}
